import type { Log } from "../config/index.ts";
import { type RefusedValue, StoreRefusesError, StoreUnreachableError } from "../store/index.ts";

/** How long, in milliseconds, a store must accept values before the log says that it has recovered. */
const RECOVERY_TIME = 10_000;

/** Creates the log messages about the store and the leadership. */
export function createShareMessages(log: Log) {
  /** The last logged error; repeated attempts are logged once. */
  let lastUnreadable: string | undefined;
  let isRefusalLogged = false;
  let recovery: NodeJS.Timeout | undefined;
  const noteRecovery = () => {
    isRefusalLogged = false;
    log.info({}, "the store accepts values again");
  };
  return {
    /** `writesIn`: how long writes wait, in milliseconds. */
    leads: (isWarm: boolean, writesIn: number) =>
      log.info({ isWarm, writesIn: Math.ceil(writesIn / 1000) }, "this process leads"),
    leadsNoLonger: (why: string) => log.warn({ why }, "this process no longer leads"),
    store(error: Error | undefined) {
      if (!error) log.info({}, "the store answers again");
      else if (error instanceof StoreUnreachableError)
        log.warn({ reason: error.message }, "the store does not answer: without it no process stays leader");
      else log.error({ error }, "the store refuses requests of the gateway");
    },
    refusal(refusal: Error | undefined) {
      clearTimeout(recovery);
      // A nearly full disk accepts one value and refuses the next, so wait before logging a recovery.
      if (!refusal) recovery = setTimeout(noteRecovery, RECOVERY_TIME).unref();
      if (!refusal || isRefusalLogged) return;
      isRefusalLogged = true;
      const { message: reason } = refusal;
      if (refusal instanceof StoreRefusesError)
        log.error({ reason }, "the store (STORE_URL) refuses everything: no write is sent until it recovers");
      else
        log.error(
          { reason },
          "the store (STORE_URL) refuses values; the gateway searches for those it accepts",
        );
    },
    leftOut: (refused: RefusedValue) =>
      log.error(
        refused,
        "the store (STORE_URL) refuses one value and continues without it: the next process reads it again, or lacks this change",
      ),
    commitsLost: () =>
      log.warn(
        {},
        "the store has lost its latest commits: everything is stored again, and writes wait meanwhile",
      ),
    unreadable(error: unknown) {
      const message = (error as Error).message;
      if (message === lastUnreadable) return;
      lastUnreadable = message;
      log.error({ error }, "what the leader has published cannot be read; is STORE_KEY the same everywhere?");
    },
  };
}
