import type { CatalogEntry, ChangeLog } from "../../catalog/index.ts";
import type { LastingStore, NewCommit, Seal, StoredEntry } from "../../store/index.ts";
import { StoreUnreachable } from "../../store/index.ts";
import { Readings } from "./readings.ts";
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
  readonly changeLog: Pick<ChangeLog, "take" | "hasUntaken" | "noteStored">;
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
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #readings: Readings;
  /** Whether readings that are gathered are published at once. */
  #isLast = false;
  #seq: number;
  /** What is being published; undefined if all was published that had changed when it was last looked at. */
  #entries: Iterator<CatalogEntry> | undefined;
  /** The first entry of the next commit. */
  #next: StoredEntry | undefined;
  /** Whether all that is known is to be published. */
  #isAllDue = false;
  #isOver = false;
  #refusal: Error | undefined;
  #cancel = () => {};
  #running: Promise<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#seq = options.seq;
    this.#readings = new Readings(options.gatherTime);
    this.#schedule();
  }

  /** Whether the store refuses values, as it does while it is full. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  /** Resolves when all is published that had changed before; rejects if the term ends before. */
  async publish(): Promise<void> {
    // What is under way may have looked at it before.
    await this.#running;
    this.#isLast = true;
    await this.#run();
    this.#isLast = false;
    if (this.#isOver) throw new Error("The term is over.");
  }

  /** As `publish`, with all that is known: the store lacks some of it. */
  publishAll(): Promise<void> {
    this.#isAllDue = true;
    this.#readings.clear();
    return this.publish();
  }

  /** Publishes nothing more. */
  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #schedule(): void {
    if (this.#isOver) return;
    this.#cancel = this.#options.runtime.after(INTERVAL, () => this.#run().finally(() => this.#schedule()));
  }

  #run(): Promise<void> {
    this.#running ??= this.#publishAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #publishAll(): Promise<void> {
    const { takeChanges, allEntries } = this.#options;
    do {
      // Those that have changed are among all of them.
      const changes = takeChanges();
      this.#entries = this.#isAllDue ? chain(changes, allEntries()) : changes;
      this.#isAllDue = false;
      for (let commit = this.#nextCommit(); commit && !this.#isOver; commit = this.#nextCommit())
        await this.#send(commit);
    } while (this.#isAllDue && !this.#isOver);
  }

  /** Sends a commit until the store has it, or the term is over. */
  async #send(commit: NewCommit): Promise<void> {
    const { store, onOver } = this.#options;
    for (let next = commit; !this.#isOver; ) {
      try {
        const last = await store.commit(next);
        if (!last) {
          this.stop();
          onOver();
          return;
        }
        this.noteRefusal(undefined);
        this.#seq = last.seq;
        if (last.id === commit.id) {
          this.#options.changeLog.noteStored();
          return;
        }
        // The store has lost commits: it goes on from its own last one.
        next = { ...commit, seq: last.seq + 1 };
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) this.noteRefusal(error as Error);
        await this.#options.runtime.sleep(RETRY_DELAY);
      }
    }
  }

  /** Notes why the store refuses something that it is told, until it takes a commit. */
  noteRefusal(refusal: Error | undefined): void {
    const hasChanged = (refusal === undefined) !== (this.#refusal === undefined);
    this.#refusal = refusal;
    if (hasChanged) this.#options.onRefusal(refusal);
  }

  #nextCommit(): NewCommit | undefined {
    const { token, clock, runtime, changeLog } = this.#options;
    const { changes, lost } = changeLog.take();
    const entries: StoredEntry[] = [];
    let bytes = 0;
    // Entries come with all changes that they show.
    while (!changeLog.hasUntaken) {
      this.#next ??= this.#takeEntry();
      if (!this.#next || entries.length === MAX_ENTRIES) break;
      bytes += this.#next.value?.length ?? 0;
      if (entries.length > 0 && bytes > MAX_BYTES) break;
      entries.push(this.#next);
      this.#next = undefined;
    }
    const gathered = this.#readings.take(runtime.now(), this.#isLast);
    if (entries.length + changes.length === 0 && !lost && !gathered) return undefined;
    const readings = gathered ? this.#options.seal.seal(READINGS, gathered.readings) : null;
    const isFolded = gathered?.isFolded ?? false;
    return {
      token,
      seq: this.#seq + 1,
      id: runtime.randomId(),
      at: clock(),
      entries,
      changes,
      lost,
      readings,
      isFolded,
    };
  }

  /** The next entry, sealed, that was not only read again. */
  #takeEntry(): StoredEntry | undefined {
    const { seal, runtime } = this.#options;
    for (;;) {
      const taken = this.#entries?.next();
      if (!taken || taken.done) return undefined;
      const { key: name, value, shown } = taken.value;
      const key = seal.sealName(name);
      if (this.#readings.notes(key, value, runtime.now())) continue;
      return { key, value: value === null ? null : seal.seal(`entry ${key}`, value), shown };
    }
  }
}

function* chain(...parts: Iterator<CatalogEntry>[]): Generator<CatalogEntry, void> {
  for (const part of parts) {
    for (let taken = part.next(); !taken.done; taken = part.next()) yield taken.value;
  }
}
