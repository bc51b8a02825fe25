import type { CachedRecord, Catalog, CompletedWrite, Kind } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";

/** The maximum number of remembered keys. Beyond it, the oldest is dropped early. */
const MAX_KEYS = 100_000;

/** A write that was sent, from then on until its outcome is known or it can surely not be carried out any more. */
export interface UnsettledWrite {
  readonly write: CompletedWrite;
  /** The keys under which it runs: those of its record, of Bitrix ids, or of a create's identity. */
  readonly lockKeys: readonly string[];
  /** Until when Alma may carry it out, by the clock; infinite while its answer is awaited. */
  settlesAt: number;
  /** Resolves when its answer is there, or lost. */
  readonly answer?: Promise<unknown>;
  /** Ends it if Alma shows that it was done, and returns whether; left out where no reading can show that. */
  look?: () => Promise<boolean>;
  /** Called when its outcome is known, or it is settled. */
  readonly onEnd: () => void;
  timer?: NodeJS.Timeout;
}

/** Whether a write changes the state of a unit or room, and of what belongs to it. */
export const isStateChange = ({ verb }: Pick<CompletedWrite, "verb">): boolean =>
  verb !== "create" && verb !== "update";

/**
 * The writes whose outcome is unknown, per process. Alma may carry such a write out until its settling time is over
 * (WRITE_SETTLING_TIME), so that none is sent before that it could undo, or would change. `settlingTime`: milliseconds,
 * counted from when a write was sent.
 */
export function createUnsettledWrites(settlingTime: number, catalog: Pick<Catalog, "clock" | "noteWrite">) {
  const byKey = growingCache<UnsettledWrite>(MAX_KEYS);
  const stateChanges = new Set<UnsettledWrite>();
  /** What creates have made: Alma's lists and lookups may lag behind, and another create must not claim it. */
  const allMade = growingCache<{ readonly kind: Kind; readonly id: number }>(MAX_KEYS);

  /** Notes a write that is about to be sent. */
  function note(write: Omit<UnsettledWrite, "settlesAt">): UnsettledWrite {
    const noted = { ...write, settlesAt: Number.POSITIVE_INFINITY };
    for (const key of write.lockKeys) byKey.set(key, noted);
    if (isStateChange(write.write)) stateChanges.add(noted);
    return noted;
  }

  /** Notes that no further answer to a write will come, which was sent at `sentAt`, by the clock. */
  function noteAnswered(write: UnsettledWrite, sentAt: number) {
    write.settlesAt = sentAt + settlingTime;
    write.timer = setTimeout(() => settle(write), write.settlesAt - catalog.clock()).unref();
  }

  /** Forgets a write that can surely not be carried out any more. What it may have changed is read again. */
  function settle(write: UnsettledWrite) {
    catalog.noteWrite(write.write);
    end(write);
  }

  /** Forgets a write whose outcome is known. */
  function end(write: UnsettledWrite) {
    for (const key of write.lockKeys) if (byKey.peek(key) === write) byKey.delete(key);
    stateChanges.delete(write);
    clearTimeout(write.timer);
    write.onEnd();
  }

  /** The write under any of the keys that is settled last; undefined if there is none. */
  function find(keys: readonly string[]) {
    return keys.flatMap((key) => byKey.get(key) ?? []).sort((a, b) => b.settlesAt - a.settlesAt)[0];
  }

  /** The seconds, rounded up, for which a write may still be carried out. */
  function secondsLeft(write: UnsettledWrite | undefined) {
    return write ? Math.max(0, Math.ceil((write.settlesAt - catalog.clock()) / 1000)) : 0;
  }

  /** Notes which record a create has made. */
  function noteMade(keys: readonly string[], record: CachedRecord) {
    for (const key of keys) allMade.set(key, { kind: record.kind, id: record.id });
  }

  /** The records of a kind that creates under any of the keys have made, as far as they are remembered. */
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
    /** The writes that change the states of units and rooms. */
    stateChanges: stateChanges as ReadonlySet<UnsettledWrite>,
    secondsLeft,
    noteMade,
    madeIds,
  };
}

export type UnsettledWrites = ReturnType<typeof createUnsettledWrites>;
