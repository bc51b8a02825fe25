import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../../alma/index.ts";

const INITIAL_DELAY = 100;
const MAX_DELAY = 2_000;
/** The number of attempts of the last poll, if it fails with an AlmaError. */
const LAST_POLL_ATTEMPTS = 3;

/**
 * Polls at growing intervals until something is found. The last poll (`isLast`) starts when `clock` reaches `deadline`,
 * in milliseconds. A poll that fails with an AlmaError finds nothing; if it is the last one, it is retried. Undefined
 * if nothing was found. Throws any other error.
 */
export async function pollUntil<T>(
  clock: Clock,
  deadline: number,
  poll: (isLast: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  let attemptsLeft = LAST_POLL_ATTEMPTS;
  for (let delay = INITIAL_DELAY; ; delay = Math.min(2 * delay, MAX_DELAY)) {
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

/** How long to wait for Alma to show an accepted write, in milliseconds. */
const SHOWN_TIMEOUT = 2_000;

/**
 * Reads what an accepted write changed, for up to 2 s until `isShown`. Resolves to what the last read found; undefined
 * if that failed with an AlmaError or found nothing.
 */
export async function pollShown<T>(
  { clock }: { readonly clock: Clock },
  read: () => Promise<T | undefined>,
  isShown: (found: T) => boolean,
): Promise<T | undefined> {
  let found: T | undefined;
  await pollUntil(clock, clock() + SHOWN_TIMEOUT, async () => {
    found = await bestEffort(read);
    return (found !== undefined && isShown(found)) || undefined;
  });
  return found;
}

/** Runs a search whose failure does not matter: resolves to undefined if it fails with an AlmaError. */
export async function bestEffort<T>(search: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await search();
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  }
}
