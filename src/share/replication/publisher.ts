import type { CatalogEntry, ChangeSource } from "../../catalog/index.ts";
import { READINGS, type Seal, type StoredEntry, sealEntry } from "../../store/index.ts";
import { type CommitSenderOptions, createCommitSender, type UnsentCommit } from "./commit-sender.ts";
import { createReadTimes } from "./read-times.ts";

/** The most entries and bytes of a commit; a larger entry is a commit of its own. */
const MAX_ENTRIES = 500;
const MAX_BYTES = 128 * 1024;
/** Milliseconds between two looks at what has changed. */
const INTERVAL = 100;

/** What a term publishes, and with what. */
export interface PublisherOptions extends CommitSenderOptions {
  readonly seal: Seal;
  /** Milliseconds for which readings are gathered. */
  readonly readTimesDelay: number;
  /** The leader's clock. */
  readonly clock: () => number;
  /** What has changed since the last call. */
  readonly takeChanges: () => Iterator<CatalogEntry>;
  /** The changes that its readings show. */
  readonly changeSource: Pick<
    ChangeSource,
    "take" | "hasUntaken" | "noteStored" | "noteLoss" | "lastReadPeriod"
  >;
  /** All that is known. */
  readonly allEntries: () => Iterator<CatalogEntry>;
}

/**
 * Publishes what the leader learns, as commits without gaps, one at a time. What changes while the store is slow, full
 * or away is gathered by the catalog, so that a record that changes several times is published once.
 */
export function createPublisher(options: PublisherOptions) {
  const { seal, runtime, clock, takeChanges, changeSource, allEntries } = options;
  const readings = createReadTimes(options.readTimesDelay);
  const sender = createCommitSender({ ...options, onOver: over });
  /** Whether readings that are gathered are published at once. */
  let isLast = false;
  /** What is being published; undefined if all was published that had changed when it was last looked at. */
  let published: Iterator<CatalogEntry> | undefined;
  /** The first entry of the next commit. */
  let next: StoredEntry | undefined;
  /** Whether all that is known is to be published. */
  let isAllDue = false;
  let cancel = () => {};
  let running: Promise<void> | undefined;

  /** Resolves when all is published that had changed before; rejects if the term ends before. */
  async function publish(): Promise<void> {
    // What is under way may have looked at it before.
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
      // Those that have changed are among all of them.
      const changes = takeChanges();
      published = isAllDue ? chain(changes, allEntries()) : changes;
      isAllDue = false;
      for (let commit = nextCommit(); commit && !sender.isOver; commit = nextCommit())
        await sender.send(commit);
    } while (isAllDue && !sender.isOver);
  }

  function nextCommit(): UnsentCommit | undefined {
    const { changes, lost } = changeSource.take();
    // What they show may have been read since.
    if (changes.length > 0 && published) published = chain(published, takeChanges());
    const entries: StoredEntry[] = [];
    let bytes = 0;
    // Entries come with all changes that they show.
    while (!changeSource.hasUntaken) {
      next ??= takeEntry();
      if (!next || entries.length === MAX_ENTRIES) break;
      bytes += next.value?.length ?? 0;
      if (entries.length > 0 && bytes > MAX_BYTES) break;
      entries.push(next);
      next = undefined;
    }
    const gathered = readings.take(runtime.now(), isLast);
    if (entries.length + changes.length === 0 && !lost && !gathered) return undefined;
    return {
      at: clock(),
      entries,
      changes,
      lost,
      readings: gathered ? seal.seal(READINGS, gathered.readings) : null,
      isFolded: gathered?.isFolded ?? false,
      readPeriod: changeSource.lastReadPeriod,
    };
  }

  /** The next entry, sealed, that was not only read again. */
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
    /** As `publish`, with all that is known: the store lacks some of it. */
    publishAll() {
      isAllDue = true;
      readings.clear();
      return publish();
    },
    stop,
  };
}

function* chain(...parts: Iterator<CatalogEntry>[]): Generator<CatalogEntry, void> {
  for (const part of parts) {
    for (let taken = part.next(); !taken.done; taken = part.next()) yield taken.value;
  }
}
