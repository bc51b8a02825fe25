import { type Catalog, type Kind, NEVER, type WriteCause, type WriteEffects } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";

/** A write of unknown outcome that Alma may still perform. */
export interface UnsettledWrite {
  readonly write: WriteEffects;
  /** The cause of its changes; undefined for a write of another process. */
  readonly cause?: WriteCause;
  /** The keys that it locks: its record, Bitrix ids, or the identity of a record to create. */
  readonly lockKeys: readonly string[];
  /** When Alma can no longer perform it; infinite while its answer is pending, and NEVER once it is settled. */
  settlesAt: number;
  /** Settles with the answer, or when the answer is lost. */
  readonly answer?: Promise<unknown>;
  /** Checks whether Alma shows the write, and if so settles it. Undefined if no read can show it. */
  checkShown?: () => Promise<boolean>;
  /** Called when it is settled. */
  readonly onEnd: () => void;
  timer?: NodeJS.Timeout;
}

/** Returns whether a write changes the state of a unit or room together with everything below it. */
export const isStateChange = ({ verb }: WriteEffects): boolean => verb !== "create" && verb !== "update";

/**
 * Keeps the unsettled writes of this process. A write is unsettled from when it is sent until its outcome is known, or
 * until Alma can no longer perform it: `settlingTime` milliseconds after it was sent (WRITE_SETTLING_TIME). Meanwhile
 * no conflicting write is sent.
 *
 * Example: the answer to "archive unit 7" is lost. For a minute, an update of unit 7 is refused, because Alma might
 * still archive the unit after it. If a read shows the unit archived, the write is settled earlier.
 */
export function createUnsettledWrites(settlingTime: number, catalog: Pick<Catalog, "clock" | "noteWrite">) {
  /** Each write stays until it is settled, so none is lost however many there are. */
  const byKey = new Map<string, UnsettledWrite>();
  const stateChanges = new Set<UnsettledWrite>();
  /**
   * The ids of records created here, by kind and lock key. Alma may list them late, so another create must not take
   * them for its own.
   */
  const created = growingCache<number>();

  /** Adds a write that is about to be sent. */
  function note(write: Omit<UnsettledWrite, "settlesAt">): UnsettledWrite {
    const noted = { ...write, settlesAt: Infinity };
    for (const key of write.lockKeys) byKey.set(key, noted);
    if (isStateChange(write.write)) stateChanges.add(noted);
    return noted;
  }

  /** Records that no further answer will arrive: the write settles by time. `sentAt`: by the catalog's clock. */
  function noteAnswered(write: UnsettledWrite, sentAt: number) {
    write.settlesAt = sentAt + settlingTime;
    write.timer = setTimeout(() => expire(write), write.settlesAt - catalog.clock()).unref();
  }

  /** Ends a write that Alma can no longer perform, and invalidates the data that it may have changed. */
  function expire(write: UnsettledWrite) {
    catalog.noteWrite(write.write, write.cause);
    settle(write);
  }

  /** Ends a write whose outcome is known. */
  function settle(write: UnsettledWrite) {
    for (const key of write.lockKeys) if (byKey.get(key) === write) byKey.delete(key);
    stateChanges.delete(write);
    write.settlesAt = NEVER;
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

  /** Remembers a created record. */
  function noteCreated(kind: Kind, keys: readonly string[], id: number) {
    for (const key of keys) created.set(`${kind} ${key}`, id);
  }

  /** Returns the ids of remembered records of a kind that were created under any of the keys. */
  function createdIds(kind: Kind, keys: readonly string[]) {
    return [...new Set(keys.flatMap((key) => created.get(`${kind} ${key}`) ?? []))];
  }

  return {
    note,
    noteAnswered,
    expire,
    settle,
    find,
    stateChanges: stateChanges as ReadonlySet<UnsettledWrite>,
    secondsLeft,
    noteCreated,
    createdIds,
  };
}

/** The unsettled writes of this process. */
export type UnsettledWrites = ReturnType<typeof createUnsettledWrites>;
