import type { CatalogEntry, ChangeSource } from "../../catalog/index.ts";
import type { LastingStore, NewCommit, Seal, StoredEntry } from "../../store/index.ts";
import { StoreUnreachable } from "../../store/index.ts";
import { createReadings } from "./readings.ts";
import type { Runtime } from "./runtime.ts";

/** The name under which readings are sealed. */
export const READINGS = "reading";

/** The most entries and bytes of a commit; a larger entry is a commit of its own. */
const MAX_ENTRIES = 500;
const MAX_BYTES = 128 * 1024;
/** Milliseconds between two looks at what has changed, and until a commit that was refused or lost is sent again. */
const INTERVAL = 100;
const RETRY_DELAY = 250;

/** What a term publishes, and with what. */
export interface PublisherOptions {
  readonly store: LastingStore;
  readonly seal: Seal;
  readonly runtime: Runtime;
  readonly token: string;
  /** The last commit of the term before. */
  readonly seq: number;
  /** Milliseconds for which readings are gathered. */
  readonly gatherTime: number;
  /** The leader's clock. */
  readonly clock: () => number;
  /** What has changed since the last call. */
  readonly takeChanges: () => Iterator<CatalogEntry>;
  /** The changes that its readings show. */
  readonly changeSource: Pick<ChangeSource, "take" | "hasUntaken" | "noteStored" | "lastReadPeriod">;
  /** All that is known. */
  readonly allEntries: () => Iterator<CatalogEntry>;
  /** Called when the store begins to refuse values, as it does while its disk is full, and when it takes them again. */
  readonly onRefusal: (refusal: Error | undefined) => void;
  /** Called when the store says that the term is over. */
  readonly onOver: () => void;
}

/**
 * Publishes what the leader learns, as commits without gaps, one at a time. What changes while the store is slow, full
 * or away is gathered by the catalog, so that a record that changes several times is published once.
 */
export function createPublisher(options: PublisherOptions) {
  const { store, seal, runtime, token, clock, takeChanges, changeSource, allEntries } = options;
  const readings = createReadings(options.gatherTime);
  /** Whether readings that are gathered are published at once. */
  let isLast = false;
  let { seq } = options;
  /** What is being published; undefined if all was published that had changed when it was last looked at. */
  let published: Iterator<CatalogEntry> | undefined;
  /** The first entry of the next commit. */
  let next: StoredEntry | undefined;
  /** Whether all that is known is to be published. */
  let isAllDue = false;
  let isOver = false;
  let refusal: Error | undefined;
  let cancel = () => {};
  let running: Promise<void> | undefined;

  /** Resolves when all is published that had changed before; rejects if the term ends before. */
  async function publish(): Promise<void> {
    // What is under way may have looked at it before.
    await running;
    isLast = true;
    await run();
    isLast = false;
    if (isOver) throw new Error("The term is over.");
  }

  /** Publishes nothing more. */
  function stop(): void {
    isOver = true;
    cancel();
  }

  function schedule(): void {
    if (!isOver) cancel = runtime.after(INTERVAL, () => run().finally(schedule));
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
      for (let commit = nextCommit(); commit && !isOver; commit = nextCommit()) await send(commit);
    } while (isAllDue && !isOver);
  }

  /** Sends a commit until the store has it, or the term is over. */
  async function send(commit: NewCommit): Promise<void> {
    for (let sent = commit; !isOver; ) {
      try {
        const last = await store.commit(sent);
        if (!last) {
          stop();
          return options.onOver();
        }
        noteRefusal(undefined);
        seq = last.seq;
        if (last.id === commit.id) return changeSource.noteStored();
        // The store has lost commits: it goes on from its own last one.
        sent = { ...commit, seq: last.seq + 1 };
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) noteRefusal(error as Error);
        await runtime.sleep(RETRY_DELAY);
      }
    }
  }

  /** Notes why the store refuses something that it is told, until it takes a commit. */
  function noteRefusal(why: Error | undefined): void {
    const hasChanged = (why === undefined) !== (refusal === undefined);
    refusal = why;
    if (hasChanged) options.onRefusal(why);
  }

  function nextCommit(): NewCommit | undefined {
    const { changes, lost } = changeSource.take();
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
      token,
      seq: seq + 1,
      id: runtime.randomId(),
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
      const { key: name, value, shown } = taken.value;
      const key = seal.sealName(name);
      if (readings.notes(key, value, runtime.now())) continue;
      return { key, value: value === null ? null : seal.seal(`entry ${key}`, value), shown };
    }
  }

  schedule();
  return {
    /** Whether the store refuses values, as it does while it is full. */
    get isRefused() {
      return refusal !== undefined;
    },
    publish,
    /** As `publish`, with all that is known: the store lacks some of it. */
    publishAll() {
      isAllDue = true;
      readings.clear();
      return publish();
    },
    stop,
    noteRefusal,
  };
}

function* chain(...parts: Iterator<CatalogEntry>[]): Generator<CatalogEntry, void> {
  for (const part of parts) {
    for (let taken = part.next(); !taken.done; taken = part.next()) yield taken.value;
  }
}
