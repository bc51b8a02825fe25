import type { CachedRecord, Catalog, CompletedWrite, Kind, WriteCause } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";

/** The maximum number of remembered keys. Above it, the oldest key is dropped early. */
const MAX_KEYS = 100_000;

/** A write that was sent, until its outcome is known or Alma can no longer perform it. */
export interface UnsettledWrite {
  readonly write: CompletedWrite;
  /** The cause of its changes; undefined for a write of another process. */
  readonly cause?: WriteCause;
  /** Its lock keys: of its record, of Bitrix ids, or of a create's identity. */
  readonly lockKeys: readonly string[];
  /** Until when Alma may perform it; infinite while its answer is pending. */
  settlesAt: number;
  /** Resolves when it is answered, or the answer is lost. */
  readonly answer?: Promise<unknown>;
  /** Checks whether Alma shows the write, and if so ends it. Undefined if no reading can show that. */
  checkShown?: () => Promise<boolean>;
  /** Called when its outcome is known or it is settled. */
  readonly onEnd: () => void;
  timer?: NodeJS.Timeout;
}

/** Returns whether a write changes the state of a unit or room together with everything below it. */
export const isStateChange = ({ verb }: CompletedWrite): boolean => verb !== "create" && verb !== "update";

/**
 * Keeps the writes of this process with unknown outcomes. Alma may perform such a write until its settling time
 * (WRITE_SETTLING_TIME) has passed, so no write that it could undo or change is sent before. `settlingTime`:
 * milliseconds since the write was sent.
 */
export function createUnsettledWrites(settlingTime: number, catalog: Pick<Catalog, "clock" | "noteWrite">) {
  const byKey = growingCache<UnsettledWrite>(MAX_KEYS);
  const stateChanges = new Set<UnsettledWrite>();
  /** Records made by creates. Alma may show them late, and another create must not claim them. */
  const allMade = growingCache<{ readonly kind: Kind; readonly id: number }>(MAX_KEYS);

  /** Adds a write that is about to be sent. */
  function note(write: Omit<UnsettledWrite, "settlesAt">): UnsettledWrite {
    const noted = { ...write, settlesAt: Number.POSITIVE_INFINITY };
    for (const key of write.lockKeys) byKey.set(key, noted);
    if (isStateChange(write.write)) stateChanges.add(noted);
    return noted;
  }

  /** Records that no further answer to a write will arrive. `sentAt`: by the catalog's clock. */
  function noteAnswered(write: UnsettledWrite, sentAt: number) {
    write.settlesAt = sentAt + settlingTime;
    write.timer = setTimeout(() => settle(write), write.settlesAt - catalog.clock()).unref();
  }

  /** Forgets a write that Alma can no longer perform, and invalidates the data it may have changed. */
  function settle(write: UnsettledWrite) {
    catalog.noteWrite(write.write, write.cause);
    end(write);
  }

  /** Forgets a write whose outcome is known. */
  function end(write: UnsettledWrite) {
    for (const key of write.lockKeys) if (byKey.peek(key) === write) byKey.delete(key);
    stateChanges.delete(write);
    clearTimeout(write.timer);
    write.onEnd();
  }

  /** Of the writes with any of the keys, returns the one that settles last. */
  function find(keys: readonly string[]) {
    return keys.flatMap((key) => byKey.get(key) ?? []).sort((a, b) => b.settlesAt - a.settlesAt)[0];
  }

  /** Returns the seconds, rounded up, during which Alma may still perform a write. */
  function secondsLeft(write: UnsettledWrite | undefined) {
    return write ? Math.max(0, Math.ceil((write.settlesAt - catalog.clock()) / 1000)) : 0;
  }

  /** Remembers the record that a create has made. */
  function noteMade(keys: readonly string[], record: CachedRecord) {
    for (const key of keys) allMade.set(key, { kind: record.kind, id: record.id });
  }

  /** Returns the remembered records of a kind made by creates with any of the keys. */
  function madeIds(kind: Kind, keys: readonly string[]) {
    const made = keys.flatMap((key) => allMade.get(key) ?? []);
    return [...new Set(made.filter((record) => record.kind === kind).map(({ id }) => id))];
  }

  return {
    note,
    noteAnswered,
    settle,
    end,
    find,
    stateChanges: stateChanges as ReadonlySet<UnsettledWrite>,
    secondsLeft,
    noteMade,
    madeIds,
  };
}

/** The writes of this process with unknown outcomes. */
export type UnsettledWrites = ReturnType<typeof createUnsettledWrites>;
