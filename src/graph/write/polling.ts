import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../../alma/index.ts";

const INITIAL_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
/** How often the last poll is tried if Alma cannot be reached. */
const LAST_POLL_ATTEMPTS = 3;

/**
 * Polls at growing intervals until something is found, and a last time once the clock has passed the deadline (then
 * `isLast`). A poll that fails with an AlmaError counts as one that found nothing, and the last one is tried again.
 * Undefined: nothing was found. Throws whatever else `poll` throws.
 */
export async function pollUntil<T>(
  clock: Clock,
  deadline: number,
  poll: (isLast: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  let attemptsLeft = LAST_POLL_ATTEMPTS;
  for (let delay = INITIAL_DELAY_MS; ; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
    const isLast = clock() >= deadline;
    const { found, failed } = await attempt(() => poll(isLast));
    if (found !== undefined) return found;
    if (isLast && (!failed || --attemptsLeft === 0)) return undefined;
    await sleep(isLast ? delay : Math.min(delay, Math.max(1, deadline - clock())));
  }
}

async function attempt<T>(poll: () => Promise<T | undefined>) {
  try {
    return { found: await poll(), failed: false };
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return { found: undefined, failed: true };
  }
}
