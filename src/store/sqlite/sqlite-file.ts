import { closeSync, openSync, statSync } from "node:fs";
import type { Horizons, LoggedPast, StoredChange } from "../../catalog/index.ts";
import { ChangeTable, type SqlSteps } from "../lasting/change-table.ts";
import type { KeptValue, NewCommit, OpenEntry } from "../lasting/lasting-store.ts";
import { createSeal, type Seal } from "../sealed/seal.ts";
import type { View } from "../view/record-view.ts";
import { type Database, openDatabase, runSteps } from "./database.ts";
import { checkStore, makeViews, migrate, type StoreIdentity } from "./layout.ts";
import { ownFile } from "./own-file.ts";
import { damage } from "./unusable-store.ts";

/** What a file is opened with, as one thread can tell it to another. */
export interface SqliteFileOptions extends Omit<StoreIdentity, "seal"> {
  readonly path: string;
  readonly key: Uint8Array | undefined;
  readonly views: readonly View[];
}

/** One moment by the catalog's clock and by the wall clock. */
export interface Moment {
  readonly clock: number;
  readonly wall: number;
}

/** A row with bytes, as one thread gives it to another. */
export type Bytes = readonly [name: string, value: Uint8Array];

/**
 * What lasts, in a file of SQLite, which has one owner: its only term ends with the process. All calls are synchronous,
 * and throw UnusableStore or what SQLite says; then nothing of the call is stored.
 */
export class SqliteFile {
  readonly #options: SqliteFileOptions;
  readonly #seal: Seal;
  readonly #changes: ChangeTable;
  #lock: Database | undefined;
  #file: Database | undefined;
  #parts: Iterator<OpenEntry[], void> | undefined;
  #synchronous = "";

  constructor(options: SqliteFileOptions) {
    this.#options = options;
    this.#seal = createSeal(options.key && Buffer.from(options.key));
    this.#changes = new ChangeTable(this.#seal);
  }

  /**
   * The last known moment of the process before; undefined if there was none. Nothing in a file changes that this
   * gateway cannot use.
   */
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

  /** The next part of the entries, open; undefined after the last. */
  nextEntries(): OpenEntry[] | undefined {
    this.#parts ??= this.#readEntries();
    return this.#parts.next().value ?? undefined;
  }

  readings(): Uint8Array[] {
    const rows = this.#database.prepare("SELECT value FROM reading WHERE value <> x'' ORDER BY seq").all();
    // Safe: the type of the column.
    return rows.map(({ value }) => value as Uint8Array);
  }

  /** As of the store; `lacksShown`: what entries show is to be stored anew. It writes for the first time. */
  beginChanges(_token: string, name: string): LoggedPast & { readonly lacksShown: boolean } {
    this.#openToWrite();
    return this.#transaction("NORMAL", () => {
      const lacksShown = makeViews(this.#database, this.#options.views);
      return { ...this.#run(this.#changes.begin(name, Date.now())), lacksShown };
    });
  }

  forgetChanges(_token: string, before: Parameters<ChangeTable["forget"]>[0]): Horizons {
    return this.#transaction("NORMAL", () => this.#run(this.#changes.forget(before)));
  }

  /** Each commit is a row of `reading`, which says when it was made, and is empty where nothing was only read again. */
  commit({ entries, readings, isFolded, at, seq, id, ...rest }: NewCommit): { seq: number; id: string } {
    this.#transaction("NORMAL", () => {
      const set = this.#database.prepare(
        `INSERT INTO entry (key, value, kind, id, shown) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key)
         DO UPDATE SET value = excluded.value, kind = excluded.kind, id = excluded.id, shown = excluded.shown`,
      );
      const forget = this.#database.prepare("DELETE FROM entry WHERE key = ?");
      for (const { key, value, shown } of entries)
        if (value === null) forget.run(key);
        else set.run(key, value, shown?.kind ?? null, shown?.id ?? null, shown?.fields ?? null);
      this.#run(this.#changes.write(rest, Date.now()));
      if (isFolded) this.#database.exec("DELETE FROM reading");
      this.#database
        .prepare("INSERT INTO reading (clock, wall, value) VALUES (?, ?, ?)")
        .run(at, Date.now(), readings ?? Buffer.alloc(0));
      this.#database.prepare("DELETE FROM kept WHERE until < ?").run(Date.now());
    });
    return { seq, id };
  }

  hasCommit(term: string, seq: number): boolean {
    return this.#run(this.#changes.hasCommit(term, seq));
  }

  changes(...args: Parameters<ChangeTable["read"]>): StoredChange[] {
    return this.#run(this.#changes.read(...args));
  }

  beginIntent(_token: string, id: string, intent: Uint8Array, kept: readonly KeptValue[]): boolean {
    this.#transaction("FULL", () => {
      this.#database.prepare("INSERT OR REPLACE INTO intent VALUES (?, ?, ?)").run(id, Date.now(), intent);
      for (const value of kept) this.#keep(value);
    });
    return true;
  }

  endIntents(_token: string, ids: readonly string[]): boolean {
    this.#transaction("NORMAL", () => {
      for (const id of ids) this.#database.prepare("DELETE FROM intent WHERE id = ?").run(id);
    });
    return true;
  }

  intents(): Bytes[] {
    const rows = this.#database.prepare("SELECT id, value FROM intent ORDER BY at, id").all();
    return rows.map(({ id, value }) => [`${id}`, value as Uint8Array]);
  }

  keep(_token: string, kept: KeptValue): boolean {
    this.#transaction("FULL", () => this.#keep(kept));
    return true;
  }

  unkeep(_token: string, name: string): boolean {
    this.#transaction("FULL", () => this.#database.prepare("DELETE FROM kept WHERE name = ?").run(name));
    return true;
  }

  kept(name: string): Uint8Array | undefined {
    const row = this.#database
      .prepare("SELECT value FROM kept WHERE name = ? AND until > ?")
      .get(name, Date.now());
    return row?.value as Uint8Array | undefined;
  }

  /** Does what a command asks, instead of all else. */
  maintain<T>(work: (database: Database, seal: Seal) => T): T {
    return work(this.#openToWrite(), this.#seal);
  }

  close(): void {
    this.#file?.close();
    this.#lock?.close();
  }

  get #database(): Database {
    if (!this.#file) throw new Error("The file is not open.");
    return this.#file;
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

  *#readEntries(): Generator<OpenEntry[], void> {
    const next = this.#database.prepare(
      "SELECT rowid AS row, key, value FROM entry WHERE rowid > ? ORDER BY rowid LIMIT 200",
    );
    for (let rows = next.all(0); rows.length > 0; rows = next.all(rows.at(-1)?.row ?? 0))
      yield rows.map(({ key, value }) => [`${key}`, this.#openEntry(`${key}`, value as Uint8Array)]);
  }

  #openEntry(key: string, { buffer, byteOffset, length }: Uint8Array): string {
    try {
      return this.#seal.open(`entry ${key}`, Buffer.from(buffer, byteOffset, length));
    } catch {
      throw damage();
    }
  }

  #keep({ name, value, ms }: KeptValue): void {
    this.#database.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)").run(name, Date.now() + ms, value);
  }

  /** All of `work`, or nothing. `FULL`: it is on the disk afterwards. */
  #transaction<T>(synchronous: "FULL" | "NORMAL", work: () => T): T {
    const database = this.#database;
    if (synchronous !== this.#synchronous) database.exec(`PRAGMA synchronous = ${synchronous}`);
    this.#synchronous = synchronous;
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
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
