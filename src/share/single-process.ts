import type { MovableClock } from "../alma/index.ts";
import type { Catalog, WriteIntent } from "../catalog/index.ts";
import type { Config, Log } from "../config/index.ts";
import { openSqliteStore } from "../store/index.ts";
import { systemRuntime } from "./clock/runtime.ts";
import { storedEntries } from "./replication/stored-entries.ts";
import { createTerm, type Term } from "./replication/term.ts";
import { createShareMessages } from "./share-log.ts";
import { createWriteIntents, settlingTimeOf } from "./write/write-intents.ts";

/** How long read times are collected, in milliseconds, since each row takes a page of the file. */
export const SQLITE_READ_TIMES_DELAY = 10_000;
/** How long, in milliseconds, the exit waits for a store that refuses values. */
const LAST_COMMIT_TIME = 2_000;
/** How long, in milliseconds, the answer to a write waits until its effects are stored. */
const STORED_WITHIN = 1_000;
const TOKEN = "sole";

/** The age of stored data if the wall clock was set back since: greater than any age that a setting allows. */
const UNKNOWN_AGE = 604_800_000;

/**
 * Starts to open the file of STORE_URL in a separate thread; undefined without a file. This process is the only one
 * with this store: it continues from the previous process's data and leads in one term until it exits. No answer waits
 * for a commit.
 */
export function openSingleProcess(
  settings: Pick<
    Config,
    | "storeUrl"
    | "storeKey"
    | "acceptsClearStore"
    | "almaUrl"
    | "almaTimeout"
    | "writeSettlingTime"
    | "historyKeep"
  >,
  log: Log,
) {
  const { storeKey, acceptsClearStore, almaUrl, storeUrl, writeSettlingTime, almaTimeout, historyKeep } =
    settings;
  if (storeUrl.file === undefined) return undefined;
  const store = openSqliteStore(storeUrl.file, storeKey, almaUrl);
  const common = { store, seal: store.seal, runtime: systemRuntime };
  const journal = createWriteIntents({
    ...common,
    settlingTime: settlingTimeOf(writeSettlingTime, almaTimeout),
    invalidatedWithin: 0,
    storedWithin: STORED_WITHIN,
    leaderWait: 0,
  });
  const messages = createShareMessages(log);
  let term: Term | undefined;

  async function begin(
    clock: MovableClock,
    catalog: Catalog,
    noteEarlierWrite: (intent: WriteIntent, sentAt: number) => void,
  ): Promise<void> {
    const left = await store.left;
    const inClear =
      "STORE_URL names a file with personal data and door codes in clear; STORE_KEY encrypts it";
    if (!storeKey) log[acceptsClearStore ? "info" : "warn"](storeUrl, inClear);
    if (left) {
      const age = Date.now() - left.wall;
      clock.advanceTo(left.clock + (age < 0 ? UNKNOWN_AGE : age));
      catalog.dates.followClock();
    }
    const count = await storedEntries(store, store.seal, catalog).load(() => false);
    const intents = await journal.left();
    const { lacksShown, ...past } = await store.beginChanges(TOKEN, catalog.changeSource.term);
    catalog.changeSource.continue(past, store);
    for (const intent of intents) noteEarlierWrite(intent, catalog.clock());
    term = createTerm({
      ...common,
      catalog,
      historyKeep,
      token: TOKEN,
      seq: 0,
      readTimesDelay: SQLITE_READ_TIMES_DELAY,
      hasMentions: false,
      writesIn: 0,
      hasLease: () => true,
      refusesWrites: () => false,
      onRefusal: messages.refusal,
      onLeftOut: messages.leftOut,
      onOver: () => {},
      onChange: () => {},
    });
    journal.enter(term);
    journal.endLater(intents);
    if (lacksShown && count > 0) void term.publisher.publishAll().catch(() => {});
    if (!left) return;
    const seconds = Math.round((Date.now() - left.wall) / 1000);
    log.info(
      { entries: count, seconds },
      "the data of an earlier process is loaded; outdated data is read again",
    );
  }

  return {
    /** Its writes in the store, and the idempotency keys of mutations. */
    journal,
    /** Whether the store refused the last values. */
    get isRefused() {
      return term?.publisher.sender.isRefused ?? false;
    },
    /** Describes a problem of the store for operators. */
    get problem() {
      return term?.publisher.sender.problem;
    },
    /**
     * Moves the clock forward to the previous process's time, fills an empty catalog with its data, and starts saving
     * new data. `noteEarlierWrite` is called with each earlier write that Alma may still perform, and the latest time
     * at which it was sent. Throws an Error with a full sentence if the file cannot be used, without changing it, or is
     * damaged.
     */
    async begin(...known: Parameters<typeof begin>): Promise<void> {
      try {
        await begin(...known);
      } catch (error) {
        await store.close();
        throw error;
      }
    },
    /** Saves the current data and closes the store. */
    async close(): Promise<void> {
      const kept = journal.whenRemoved().then(() => term?.publisher.publish());
      await Promise.race([kept.catch(() => {}), systemRuntime.sleep(LAST_COMMIT_TIME)]);
      term?.stop();
      await store.close();
    },
  };
}
