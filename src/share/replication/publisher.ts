import type { CatalogEntry, ChangeSource } from "../../catalog/index.ts";
import { READINGS_NAME, type Seal, type StoredEntry, sealEntry } from "../../store/index.ts";
import { type CommitSenderOptions, createCommitSender, type UnsentCommit } from "./commit-sender.ts";
import { createReadTimes } from "./read-times.ts";

/** The maximum number of entries and bytes of a commit. A larger entry is a commit of its own. */
const MAX_ENTRIES = 500;
const MAX_BYTES = 128 * 1024;
/** The interval, in milliseconds, at which changes are collected. */
const INTERVAL = 100;

/** Options of a publisher. */
export interface PublisherOptions extends CommitSenderOptions {
  readonly seal: Seal;
  /** How long, in milliseconds, read times are collected (see `createReadTimes`). */
  readonly readTimesDelay: number;
  /** The leader's clock. */
  readonly clock: () => number;
  /** Returns the changes since the last call. */
  readonly takeChanges: () => IterableIterator<CatalogEntry>;
  /** The recorded changes that the entries show. */
  readonly changeSource: Pick<
    ChangeSource,
    "take" | "hasUntaken" | "noteStored" | "noteLoss" | "lastReadPeriod"
  >;
  /** Returns all entries. */
  readonly allEntries: () => IterableIterator<CatalogEntry>;
}

/**
 * Publishes what the leader learns as numbered commits without gaps, from which other processes copy it. Every 100 ms,
 * the changed entries are collected and sent. While the store is slow, full or unavailable, changes accumulate in the
 * catalog, so that a record that changes several times is published once.
 */
export function createPublisher(options: PublisherOptions) {
  const { seal, runtime, clock, takeChanges, changeSource, allEntries } = options;
  const readings = createReadTimes(options.readTimesDelay);
  const sender = createCommitSender({ ...options, onOver: over });
  /** Whether collected read times are published now instead of later. */
  let isLast = false;
  /** The entries that are still to be published in this run. */
  let published: IterableIterator<CatalogEntry> | undefined;
  /** The entry that did not fit into the last commit. */
  let next: StoredEntry | undefined;
  /** Whether all entries must be published. */
  let isAllDue = false;
  let cancel = () => {};
  let running: Promise<void> | undefined;

  /** Publishes all changes so far. Rejects if the term ends first. */
  async function publish(): Promise<void> {
    // A run in progress may have collected the changes before this call.
    await running;
    isLast = true;
    await run();
    isLast = false;
    if (sender.isOver) throw new Error("The term is over.");
  }

  function over(): void {
    stop();
    options.onOver();
  }

  /** Publishes nothing more. */
  function stop(): void {
    sender.stop();
    cancel();
  }

  function schedule(): void {
    if (!sender.isOver) cancel = runtime.after(INTERVAL, () => run().finally(schedule));
  }

  function run(): Promise<void> {
    running ??= publishDue().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function publishDue(): Promise<void> {
    do {
      // All entries include the changed ones.
      const changes = takeChanges();
      published = isAllDue ? chain(changes, allEntries()) : changes;
      isAllDue = false;
      for (let commit = nextCommit(); commit && !sender.isOver; commit = nextCommit())
        await sender.send(commit);
    } while (isAllDue && !sender.isOver);
  }

  function nextCommit(): UnsentCommit | undefined {
    const { changes, lost } = changeSource.take();
    // Include entries that were read again since, so that they show the recorded changes.
    if (changes.length > 0 && published) published = chain(published, takeChanges());
    const entries: StoredEntry[] = [];
    let bytes = 0;
    // Entries are stored together with all changes that they show.
    while (!changeSource.hasUntaken) {
      next ??= takeEntry();
      if (!next || entries.length === MAX_ENTRIES) break;
      bytes += next.value?.length ?? 0;
      if (entries.length > 0 && bytes > MAX_BYTES) break;
      entries.push(next);
      next = undefined;
    }
    const collected = readings.take(runtime.now(), isLast);
    if (entries.length + changes.length === 0 && !lost && !collected) return undefined;
    return {
      at: clock(),
      entries,
      changes,
      lost,
      readings: collected ? seal.seal(READINGS_NAME, collected.readings) : null,
      replacesAll: collected?.replacesAll ?? false,
      readPeriod: changeSource.lastReadPeriod,
    };
  }

  /** Returns the next entry that has changed in more than its read times, sealed. */
  function takeEntry(): StoredEntry | undefined {
    for (;;) {
      const taken = published?.next();
      if (!taken || taken.done) return undefined;
      const { key, value } = taken.value;
      if (readings.notes(seal.digest(key), value, runtime.now())) continue;
      return sealEntry(seal, taken.value);
    }
  }

  schedule();
  return {
    sender,
    publish,
    /** Like `publish`, for all entries, because the store lacks some. */
    publishAll() {
      isAllDue = true;
      readings.clear();
      return publish();
    },
    stop,
  };
}

function* chain(...parts: Iterable<CatalogEntry>[]): Generator<CatalogEntry, void> {
  for (const part of parts) yield* part;
}
