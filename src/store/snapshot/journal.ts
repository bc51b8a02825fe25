import { AlmaError, type Clock } from "../../alma/index.ts";
import type { StoredKey, StoredKeys, WriteIntent, WriteJournal } from "../../catalog/index.ts";
import type { Log } from "../../config/index.ts";
import { JournalFile, type JournalLine } from "./journal-file.ts";
import type { FileFormat } from "./snapshot-file.ts";
import { nameOfKey, StoredKeyTable } from "./stored-key-table.ts";

/** A write that was begun and that a snapshot may not show yet. */
interface BegunWrite {
  readonly intent: WriteIntent;
  /** By the wall clock. */
  readonly begunAt: number;
  /** Whether its outcome is known, and the catalog knew what it affects. */
  isEnded: boolean;
}

interface Waiting {
  readonly line: JournalLine;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What an earlier process has left in its journal. */
export interface JournalContent {
  readonly writes: readonly BegunWrite[];
  readonly keys: StoredKeyTable;
}

/**
 * The journal beside a snapshot. A write leaves once its intent is on the disk; several that begin at once are stored
 * together. A snapshot makes those superfluous that had ended, or can no longer be carried out, when it was begun. The
 * journal also has the idempotency keys of the last 24 hours, whatever snapshots there are.
 */
export class Journal implements WriteJournal, StoredKeys {
  readonly #format: FileFormat;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #writes = new Map<string, BegunWrite>();
  readonly #keys: StoredKeyTable;
  #file: JournalFile;
  #waiting: Waiting[] = [];
  /** What works on the file, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isFailing = false;

  private constructor(
    format: FileFormat,
    clock: Clock,
    log: Log,
    file: JournalFile,
    { writes, keys }: JournalContent,
  ) {
    this.#format = format;
    this.#clock = clock;
    this.#log = log;
    this.#file = file;
    this.#keys = keys;
    for (const write of writes) this.#writes.set(write.intent.id, write);
  }

  /** Begins a journal with what is in an earlier one. Throws what the file system says. */
  static async open(format: FileFormat, clock: Clock, log: Log, content: JournalContent): Promise<Journal> {
    const lines = [...content.writes.flatMap(linesOf), ...content.keys.lines()];
    return new Journal(format, clock, log, await JournalFile.replace(format, clock(), lines), content);
  }

  /** Whether it could not be written when that was last tried. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  async begin(intent: WriteIntent): Promise<void> {
    await this.#appendOrRefuse({ intent, begunAt: Date.now() });
  }

  async #appendOrRefuse(line: JournalLine): Promise<void> {
    try {
      await this.#append(line);
    } catch (error) {
      const { code = "failed" } = error as NodeJS.ErrnoException;
      if (!this.#isFailing)
        this.#log.warn(
          { code },
          "the journal of SNAPSHOT_FILE cannot be written; no write is sent until it can",
        );
      this.#isFailing = true;
      throw new AlmaError(
        "ALMA_UNAVAILABLE",
        `The gateway notes every change in the journal of SNAPSHOT_FILE before it is sent to Alma, and could not (${code}), ` +
          "so nothing was sent. The operator has to check the disk; then send it again.",
        { cause: error },
      );
    }
    this.#isFailing = false;
  }

  check(): void {}

  async find(key: string): Promise<StoredKey | undefined> {
    return this.#keys.find(nameOfKey(key));
  }

  async keep(key: string, kept: StoredKey | undefined): Promise<void> {
    // A key under which nothing was sent is free for the next process.
    if (kept?.state === "begun") return;
    await this.#appendOrRefuse({ keyName: nameOfKey(key), kept: kept ?? null, keptAt: Date.now() });
  }

  end(id: string): void {
    const write = this.#writes.get(id);
    if (!write || write.isEnded) return;
    write.isEnded = true;
    // If this is lost, the write counts as one that may still be carried out.
    this.#append({ endedId: id }).catch(() => {});
  }

  /**
   * The writes that a snapshot begun now shows: those that have ended, or began more than `settledAfter` milliseconds
   * ago. They can be dropped once it is in place.
   */
  superfluous(settledAfter: number): readonly string[] {
    const settledBefore = Date.now() - settledAfter;
    return [...this.#writes.values()]
      .filter(({ isEnded, begunAt }) => isEnded || begunAt < settledBefore)
      .map(({ intent }) => intent.id);
  }

  /** Forgets writes. Throws what the file system says; then they stay. */
  async drop(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#enqueue(async () => {
      const dropped = new Set(ids);
      const writes = [...this.#writes.values()].filter(({ intent }) => !dropped.has(intent.id));
      const lines = [...writes.flatMap(linesOf), ...this.#keys.lines()];
      if (this.#file.lineCount < 2 * lines.length) await this.#file.append([{ droppedIds: ids }]);
      else {
        const replaced = this.#file;
        this.#file = await JournalFile.replace(this.#format, this.#clock(), lines);
        await replaced.close();
      }
      for (const id of ids) this.#writes.delete(id);
    });
  }

  async close(): Promise<void> {
    await this.#enqueue(() => this.#file.close());
  }

  #append(line: JournalLine): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      if (this.#waiting.length === 1) this.#enqueue(() => this.#store());
    });
  }

  /** Stores all lines that wait, together. */
  async #store(): Promise<void> {
    const stored = this.#waiting;
    this.#waiting = [];
    try {
      await this.#file.append(stored.map(({ line }) => line));
      for (const { line, resolve } of stored) {
        this.#note(line);
        resolve();
      }
    } catch (error) {
      for (const { reject } of stored) reject(error);
    }
  }

  #note(line: JournalLine): void {
    if ("keyName" in line) this.#keys.set(line);
    if (!("intent" in line)) return;
    this.#writes.set(line.intent.id, { ...line, isEnded: false });
    this.#keys.noteSent(line.intent, line.begunAt);
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }
}

/** What the lines of a journal tell of. */
export function contentOf(lines: readonly JournalLine[]): JournalContent {
  const writes = new Map<string, BegunWrite>();
  const keys = new StoredKeyTable();
  for (const line of lines) {
    if ("intent" in line) {
      writes.set(line.intent.id, { ...line, isEnded: false });
      keys.noteSent(line.intent, line.begunAt);
    } else if ("droppedIds" in line) for (const id of line.droppedIds) writes.delete(id);
    else if ("keyName" in line) keys.set(line);
    else {
      const write = writes.get(line.endedId);
      if (write) write.isEnded = true;
    }
  }
  return { writes: [...writes.values()], keys };
}

const linesOf = ({ intent, begunAt, isEnded }: BegunWrite): JournalLine[] => [
  { intent, begunAt },
  ...(isEnded ? [{ endedId: intent.id }] : []),
];
