import type { MovableClock } from "../alma/index.ts";
import type { Config, Log } from "../config/index.ts";
import { StoreWriter } from "./lasting/store-writer.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";

/** Older than any age that a setting allows: what was read before the wall clock was set back may be as old as that. */
const UNKNOWN_AGE = 604_800_000;

/**
 * Opens what STORE_URL names, and moves the clock on to where the process before would be now; undefined for `memory:`.
 * Throws an Error with a sentence if it cannot be used, and then has changed nothing in it.
 */
export async function openStore(
  {
    storeUrl,
    storeKey,
    almaUrl,
    almaTimeout,
    writeSettlingTime,
    historyKeep,
  }: Pick<Config, "storeUrl" | "storeKey" | "almaUrl" | "almaTimeout" | "writeSettlingTime" | "historyKeep">,
  clock: MovableClock,
  log: Log,
): Promise<StoreWriter | undefined> {
  const { file } = storeUrl;
  if (file === undefined) return undefined;
  const key = storeKey === "off" ? undefined : storeKey;
  const store = await openSqliteStore(file, key, almaUrl);
  const inClear = "STORE_URL names a file with personal data and door codes in clear; STORE_KEY encrypts it";
  if (storeKey === undefined) log.warn({ file }, inClear);
  if (storeKey === "off") log.info({ file }, inClear);
  if (store.left) {
    const age = Date.now() - store.left.wall;
    clock.advanceTo(store.left.clock + (age < 0 ? UNKNOWN_AGE : age));
  }
  // A write of unknown outcome is noted once more when Alma's timeout is over.
  return new StoreWriter(store, clock, log, writeSettlingTime + 2 * almaTimeout, historyKeep);
}
