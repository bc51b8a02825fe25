import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../../alma/index.ts";

const INITIAL_DELAY = 100;
const MAX_DELAY = 2_000;
/** Looks after the end that may fail before it is given up. */
const LATE_ATTEMPTS = 3;

/**
 * Looks at growing intervals until something is found, and once more, `late`, when the clock has passed `until`. Looks
 * that fail because Alma cannot be asked are repeated; undefined means that the last one found nothing, or that none
 * succeeded.
 */
export async function pollUntil<T>(
  clock: Clock,
  deadline: number,
  poll: (isLate: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  let attemptsLeft = LATE_ATTEMPTS;
  for (let delay = INITIAL_DELAY; ; delay = Math.min(2 * delay, MAX_DELAY)) {
    const isLate = clock() >= deadline;
    const { found, failed } = await attempt(() => poll(isLate));
    if (found !== undefined) return found;
    if (isLate && (!failed || --attemptsLeft === 0)) return undefined;
    await sleep(isLate ? delay : Math.min(delay, Math.max(1, deadline - clock())));
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
