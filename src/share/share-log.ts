import type { Log } from "../config/index.ts";
import { EngineUnreachable } from "../store/index.ts";

/** What operators are told of the engine and of who leads. */
export function createShareMessages(log: Log) {
  /** It is tried again and again, and told once. */
  let lastUnreadable: string | undefined;
  return {
    /** `writesIn`: milliseconds for which writes wait. */
    leads: (isWarm: boolean, writesIn: number) =>
      log.info({ isWarm, writesIn: Math.ceil(writesIn / 1000) }, "this process leads"),
    leadsNoLonger: (why: string) => log.warn({ why }, "this process leads no longer"),
    engine(error: Error | undefined) {
      if (!error) log.info({}, "the engine answers again");
      else if (error instanceof EngineUnreachable)
        log.warn(
          { reason: error.message },
          "the engine does not answer: without it no process leads for long",
        );
      else log.error({ error }, "the engine refuses what the gateway asks");
    },
    refusal(refusal: Error | undefined) {
      const details = { reason: refusal?.message };
      if (!refusal) log.info({}, "the engine takes values again");
      else
        log.error(
          details,
          "the engine refuses values, perhaps for lack of memory: standbys learn nothing new",
        );
    },
    engineRestarted: () =>
      log.warn({}, "the engine was started again: all is published again, and writes wait meanwhile"),
    unreadable(error: unknown) {
      const message = (error as Error).message;
      if (message === lastUnreadable) return;
      lastUnreadable = message;
      log.error({ error }, "what the leader has published cannot be read; is STORE_KEY the same everywhere?");
    },
  };
}
