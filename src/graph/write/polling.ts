import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../../alma/index.ts";

const INITIAL_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
/** The number of attempts of the last poll, while they fail with an AlmaError. */
const LAST_POLL_ATTEMPTS = 3;

/**
 * Polls at growing intervals until something is found. The last poll (`isLast`) starts once `clock` has reached
 * `deadline`, both in milliseconds. A poll that fails with an AlmaError finds nothing; the last one is then tried
 * again. Undefined if nothing was found. Throws any other error of `poll`.
 */
export async function pollUntil<T>(
  clock: Clock,
  deadline: number,
  poll: (isLast: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  let attemptsLeft = LAST_POLL_ATTEMPTS;
  for (let delay = INITIAL_DELAY_MS; ; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
    const isLast = clock() >= deadline;
    let hasFailed = false;
    const found = await poll(isLast).catch((error: unknown) => {
      if (!(error instanceof AlmaError)) throw error;
      hasFailed = true;
      return undefined;
    });
    if (found !== undefined) return found;
    if (isLast && (!hasFailed || --attemptsLeft === 0)) return undefined;
    await sleep(isLast ? delay : Math.min(delay, Math.max(1, deadline - clock())));
  }
}

/** Milliseconds for which a write that Alma has accepted may take to be shown. */
const SHOWN_WITHIN_MS = 2_000;

/** Polls whether an accepted write is shown, for a short while. */
export async function pollShown(
  { clock }: { readonly clock: Clock },
  poll: () => Promise<boolean>,
): Promise<boolean> {
  return (
    (await pollUntil(clock, clock() + SHOWN_WITHIN_MS, async () => (await poll()) || undefined)) ?? false
  );
}
