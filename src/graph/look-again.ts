import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../alma/index.ts";

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;
/** Looks after the end that may fail before it is given up. */
const LAST_TRIES = 3;

/**
 * Looks at growing intervals until something is found, and once more, `late`, when the clock has passed `until`. Looks
 * that fail because Alma cannot be asked are repeated; undefined means that the last one found nothing, or that none
 * succeeded.
 */
export async function lookAgain<T>(
  clock: Clock,
  until: number,
  look: (late: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  let triesLeft = LAST_TRIES;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const late = clock() >= until;
    const { found, failed } = await attempt(() => look(late));
    if (found !== undefined) return found;
    if (late && (!failed || --triesLeft === 0)) return undefined;
    await sleep(late ? pause : Math.min(pause, Math.max(1, until - clock())));
  }
}

async function attempt<T>(look: () => Promise<T | undefined>) {
  try {
    return { found: await look(), failed: false };
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return { found: undefined, failed: true };
  }
}
