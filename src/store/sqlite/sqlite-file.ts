import { closeSync, openSync, statSync } from "node:fs";
import type { Horizons, StoredChange, StoredKey } from "../../catalog/index.ts";
import { ChangeTable, type SqlSteps } from "../lasting/change-table.ts";
import type { Begun, BegunWrite, Commit, KeptKey, Moment } from "../lasting/lasting-store.ts";
import { splitTimes, withTimes } from "../lasting/reading-times.ts";
import { createFileSeal, type FileSeal } from "../sealed/file-seal.ts";
import type { View } from "../view/record-view.ts";
import { type Database, openDatabase, type Row, runSteps } from "./database.ts";
import { checkStore, makeViews, migrate, type StoreIdentity, unseal } from "./layout.ts";
import { ownFile } from "./own-file.ts";
import { ReadingLog } from "./reading-log.ts";

/** What a file is opened with, as one thread can tell it to another. */
export interface SqliteFileOptions extends Omit<StoreIdentity, "seal"> {
  readonly path: string;
  readonly key: Uint8Array | undefined;
  /** As of `READING_TIMES`. */
  readonly readingTimes: RegExp;
  readonly views: readonly View[];
}

type Entry = Commit["entries"][number];

/** What lasts, in a file of SQLite; all calls are synchronous, and throw UnusableStore or what SQLite says. */
export class SqliteFile {
  readonly #options: SqliteFileOptions;
  readonly #seal: FileSeal;
  #lock: Database | undefined;
  #file: Database | undefined;
  #log: ReadingLog | undefined;
  #parts: Iterator<Entry[], void> | undefined;
  #synchronous = "";
  #last: Pick<Commit, "at" | "settledBefore" | "keptSince"> = {
    at: { clock: 0, wall: 0 },
    settledBefore: 0,
    keptSince: 0,
  };

  constructor(options: SqliteFileOptions) {
    this.#options = options;
    this.#seal = createFileSeal(options.key && Buffer.from(options.key));
  }

  /** As `LastingStore.left`. Nothing in a file changes that this gateway cannot use. */
  open(): Moment | undefined {
    const { path } = this.#options;
    const identity = { ...this.#options, seal: this.#seal };
    this.#lock = ownFile(path);
    closeSync(openSync(path, "a", 0o600));
    const isNew = statSync(path).size === 0;
    this.#file = openDatabase(path, !isNew);
    if (isNew || !checkStore(this.#file, identity)) migrate(this.#openToWrite(), identity);
    const left = this.#database.prepare("SELECT clock, wall FROM reading ORDER BY seq DESC LIMIT 1").get();
    return left && { clock: Number(left.clock), wall: Number(left.wall) };
  }

  /** The next part of what the process before knew; undefined after the last. */
  nextEntries(): Entry[] | undefined {
    this.#parts ??= this.#readEntries();
    return this.#parts.next().value ?? undefined;
  }

  begin(at: Moment, term: string): Begun {
    this.#openToWrite();
    const readings = new ReadingLog(this.#database, this.#seal);
    readings.read();
    this.#last = { ...this.#last, at };
    const begun = this.#transaction("NORMAL", () => {
      readings.write(at);
      const lacksShown = makeViews(this.#database, this.#options.views);
      return { past: this.#run(this.#changes.begin(term, at.wall)), lacksShown };
    });
    this.#log = readings;
    const rows = this.#database.prepare("SELECT * FROM intent ORDER BY at, id").all();
    const writes = rows.map(({ id, at, value }) => ({
      intent: this.#open<BegunWrite["intent"]>(`intent ${id}`, value),
      begunAt: Number(at),
    }));
    return { ...begun, writes };
  }

  commit({ entries, changes, lost, endedIds, ...last }: Commit): void {
    const find = this.#database.prepare("SELECT value, shown FROM entry WHERE key = ?");
    const changed = entries
      .map((entry) => ({ ...entry, key: this.#seal.sealName(entry.key) }))
      .filter((entry) => !this.#isReading(entry, find.get(entry.key)));
    if (changed.length + changes.length + endedIds.length > 0 || lost || this.#log?.isDue)
      this.#transaction("NORMAL", () => {
        const set = this.#database.prepare(
          `INSERT INTO entry (key, value, kind, id, shown) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key)
           DO UPDATE SET value = excluded.value, kind = excluded.kind, id = excluded.id, shown = excluded.shown`,
        );
        const forget = this.#database.prepare("DELETE FROM entry WHERE key = ?");
        for (const { key, value, shown } of changed)
          if (value === null) forget.run(key);
          else {
            const sealed = this.#seal.seal(`entry ${key}`, value);
            set.run(key, sealed, shown?.kind ?? null, shown?.id ?? null, shown?.fields ?? null);
          }
        for (const id of endedIds) this.#set("intent", id, 0, null);
        this.#run(this.#changes.write({ changes, lost, at: last.at }));
      });
    // What the catalog shows of earlier writes is stored only now.
    this.#last = last;
  }

  hasCommit(term: string, seq: number): boolean {
    return this.#run(this.#changes.hasCommit(term, seq));
  }

  changes(...args: Parameters<ChangeTable["read"]>): StoredChange[] {
    return this.#run(this.#changes.read(...args));
  }

  forgetChanges(before: Parameters<ChangeTable["forget"]>[0]): Horizons {
    return this.#transaction("NORMAL", () => this.#run(this.#changes.forget(before)));
  }

  /** Does what a command asks, instead of all else. */
  maintain<T>(work: (database: Database, seal: FileSeal) => T): T {
    return work(this.#openToWrite(), this.#seal);
  }

  noteIntent({ intent, begunAt }: BegunWrite, key: KeptKey | undefined): void {
    this.#transaction("FULL", () => {
      this.#set("intent", intent.id, begunAt, intent);
      if (key) this.#set("idempotency", key.name, begunAt, key.kept);
    });
  }

  findKey(name: string, keptSince: number): StoredKey | undefined {
    const row = this.#database
      .prepare("SELECT value FROM idempotency WHERE id = ? AND at > ?")
      .get(name, keptSince);
    return row && this.#open(`idempotency ${name}`, row.value);
  }

  keepKey(name: string, kept: StoredKey | null, at: number): void {
    this.#transaction("FULL", () => this.#set("idempotency", name, at, kept));
  }

  /** Stores the readings that are gathered, and gives the file up. */
  close(): void {
    try {
      if (this.#log) this.#transaction("NORMAL", () => {}, true);
    } finally {
      this.#file?.close();
      this.#lock?.close();
    }
  }

  get #database(): Database {
    if (!this.#file) throw new Error("The file is not open.");
    return this.#file;
  }

  get #changes(): ChangeTable {
    return new ChangeTable(this.#seal);
  }

  #run<T>(steps: SqlSteps<T>): T {
    return runSteps(this.#database, steps);
  }

  #openToWrite(): Database {
    this.#file?.close();
    this.#file = openDatabase(this.#options.path, false);
    this.#file.exec("PRAGMA journal_mode = WAL");
    return this.#file;
  }

  *#readEntries(): Generator<Entry[], void> {
    const readings = new ReadingLog(this.#database, this.#seal).read();
    const next = this.#database.prepare(
      "SELECT rowid AS row, key, value FROM entry WHERE rowid > ? ORDER BY rowid LIMIT 200",
    );
    let rows = next.all(0);
    while (rows.length > 0) {
      yield rows.map(({ key, value }) => {
        const text = unseal(this.#seal, `entry ${key}`, value);
        const times = readings.get(`${key}`);
        return {
          key: this.#seal.openName(`${key}`),
          value: times ? withTimes(text, this.#options.readingTimes, times) : text,
        };
      });
      rows = next.all(rows.at(-1)?.row ?? 0);
    }
  }

  /** Whether an entry has only been read again, which is noted as such. */
  #isReading({ key, value, shown }: Entry, known: Row | undefined): boolean {
    const { readingTimes } = this.#options;
    if (known && value !== null && known.shown === (shown?.fields ?? null)) {
      const { rest, times } = splitTimes(value, readingTimes);
      const stored = unseal(this.#seal, `entry ${key}`, known.value);
      if (splitTimes(stored, readingTimes).rest === rest) {
        this.#log?.note(key, times);
        return true;
      }
    }
    this.#log?.forget(key);
    return false;
  }

  /** Sets a row, or removes it where there is no value. */
  #set(table: "intent" | "idempotency", id: string, at: number, value: object | null): void {
    this.#database.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id);
    if (value)
      this.#database
        .prepare(`INSERT INTO ${table} VALUES (?, ?, ?)`)
        .run(id, at, this.#seal.seal(`${table} ${id}`, JSON.stringify(value)));
  }

  #open<T>(name: string, value: unknown): T {
    return JSON.parse(unseal(this.#seal, name, value));
  }

  /** All of `work`, or nothing. `FULL`: it is on the disk afterwards. */
  #transaction<T>(synchronous: "FULL" | "NORMAL", work: () => T, isLast = false): T {
    const database = this.#database;
    if (synchronous !== this.#synchronous) database.exec(`PRAGMA synchronous = ${synchronous}`);
    this.#synchronous = synchronous;
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      const log = this.#log?.isDue || isLast ? this.#log : undefined;
      log?.write(this.#last.at);
      database.prepare("DELETE FROM intent WHERE at < ?").run(this.#last.settledBefore);
      database.prepare("DELETE FROM idempotency WHERE at < ?").run(this.#last.keptSince);
      database.exec("COMMIT");
      log?.clear();
      return result;
    } catch (error) {
      // SQLite ends some transactions itself.
      try {
        database.exec("ROLLBACK");
      } catch {}
      throw error;
    }
  }
}
