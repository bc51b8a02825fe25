import { closeSync, openSync, statSync } from "node:fs";
import type { Horizons, LoggedChange, LoggedPast } from "../../catalog/index.ts";
import { ChangeTable, type SqlSteps, type TypeNames } from "../lasting/change-table.ts";
import {
  type NewCommit,
  type OpenEntry,
  openEntry,
  type StoredEntry,
  type StoredValue,
} from "../lasting/lasting-store.ts";
import { toColumns } from "../sealed/column-text.ts";
import { createSeal } from "../sealed/seal.ts";
import type { View } from "../view/create-view.ts";
import { type Database, openDatabase, runSteps } from "./database.ts";
import { checkStore, type FileIdentity, makeViews, migrate } from "./layout.ts";
import { checkUnused, createSameFileCheck, findFile, ownFile } from "./own-file.ts";
import { damagedFileError } from "./unusable-store.ts";

/** The options for opening a file, in a form that can be sent to a thread. */
export interface SqliteFileOptions extends Omit<FileIdentity, "seal"> {
  readonly path: string;
  readonly key: Uint8Array | undefined;
  readonly views: readonly View[];
  readonly typeNames: TypeNames;
}

/** One moment by the catalog's clock and by the wall clock. */
export interface ClockReading {
  readonly clock: number;
  readonly wall: number;
}

/**
 * A store in a file of SQLite with one owner, whose only term ends with the process. All calls are synchronous, and
 * throw UnusableStoreError or SQLite's error; the call then stored nothing.
 */
export function createSqliteFile(options: SqliteFileOptions) {
  const seal = createSeal(options.key);
  const changes = new ChangeTable(seal, options.typeNames);
  const path = findFile(options.path);
  let checkIsSame = () => {};
  let lock: Database | undefined;
  let file: Database | undefined;
  let lastRow = 0;
  let lastSynchronous = "";
  let openedAt = 0;
  let ranBefore = 0;

  /**
   * The milliseconds for which gateways have had the file open. Values expire by this time, so that setting the wall
   * clock expires nothing.
   */
  const ran = () => ranBefore + performance.now() - openedAt;

  function database() {
    if (!file) throw new Error("The file is not open.");
    return file;
  }

  const prepare = (sql: string) => database().prepare(sql);
  const run = <T>(steps: SqlSteps<T>) => runSteps(database(), steps);

  function openToWrite() {
    const before = file;
    file = openDatabase(path, false);
    file.exec("PRAGMA journal_mode = WAL");
    // Throws if another program keeps the file locked.
    file.prepare("SELECT count(*) FROM sqlite_schema").get();
    before?.close();
    return file;
  }

  function openRow(entry: StoredEntry) {
    try {
      return openEntry(seal, entry);
    } catch {
      throw damagedFileError();
    }
  }

  function writeValue({ name, value, ms }: StoredValue) {
    prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)").run(name, ran() + ms, value);
  }

  /** Runs `work` as one transaction. `FULL`: the data is on disk afterwards. */
  function transaction<T>(synchronous: "FULL" | "NORMAL", work: () => T) {
    const opened = database();
    checkIsSame();
    if (synchronous !== lastSynchronous) opened.exec(`PRAGMA synchronous = ${synchronous}`);
    lastSynchronous = synchronous;
    opened.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      opened.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite ends some transactions itself.
      try {
        opened.exec("ROLLBACK");
      } catch {}
      throw error;
    }
  }

  return {
    /**
     * Opens the file. Returns the last known moment of the previous process; undefined if there was none. Does not
     * change a file that this gateway cannot use.
     */
    open(): ClockReading | undefined {
      const identity = { ...options, seal };
      lock = ownFile(path);
      closeSync(openSync(path, "a", 0o600));
      const isNew = statSync(path).size === 0;
      // The latest writes are in a file next to it.
      if (isNew && (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
        throw damagedFileError();
      checkUnused(path);
      checkIsSame = createSameFileCheck(path);
      file = openDatabase(path, !isNew);
      if (isNew || !checkStore(file, identity)) migrate(openToWrite(), identity);
      ranBefore = Number(prepare("SELECT value FROM about WHERE name = 'ran'").get()?.value ?? 0);
      openedAt = performance.now();
      const left = prepare("SELECT clock, wall FROM reading ORDER BY seq DESC LIMIT 1").get();
      return left && { clock: Number(left.clock), wall: Number(left.wall) };
    },

    /** Returns the next part of the entries, opened; undefined after the last one. */
    nextEntries(): OpenEntry[] | undefined {
      const select =
        "SELECT rowid AS row, key, name, value FROM entry WHERE rowid > ? ORDER BY rowid LIMIT 200";
      const rows = prepare(select).all(lastRow);
      const last = rows.at(-1);
      if (!last) return undefined;
      lastRow = Number(last.row);
      // Safe: the types of the columns.
      return rows.map((row) => openRow(row as unknown as StoredEntry));
    },

    readings(): Uint8Array[] {
      const rows = prepare("SELECT value FROM reading WHERE value <> x'' ORDER BY seq").all();
      // Safe: the type of the column.
      return rows.map(({ value }) => value as Uint8Array);
    },

    /** See `LastingStore`. `lacksShown`: whether the columns for SQL must be stored again. This is the first write. */
    beginChanges(_token: string, name: string): LoggedPast & { readonly lacksShown: boolean } {
      openToWrite();
      return transaction("NORMAL", () => {
        const lacksShown = makeViews(database(), options.views);
        return { ...run(changes.begin(name, Date.now())), lacksShown };
      });
    },

    forgetChanges: (_token: string, before: Parameters<ChangeTable["forget"]>[0]): Horizons =>
      transaction("NORMAL", () => run(changes.forget(before))),

    /**
     * Writes a commit. Each commit is a row of `reading` with its time; the row has no value if no entry was only read
     * again.
     */
    commit({ entries, readings, replacesAll, at, seq, id, ...rest }: NewCommit): { seq: number; id: string } {
      transaction("NORMAL", () => {
        const set = prepare(
          `INSERT INTO entry (key, name, value, kind, id, shown) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key)
           DO UPDATE SET value = excluded.value, kind = excluded.kind, id = excluded.id, shown = excluded.shown`,
        );
        const forget = prepare("DELETE FROM entry WHERE key = ?");
        for (const { key, name, value, shown } of entries) {
          const { kind = null, id = null, fields } = shown ?? {};
          if (value === null) forget.run(key);
          else set.run(key, name, value, kind, id, fields === undefined ? null : toColumns(fields));
        }
        run(changes.write(rest, Date.now()));
        if (replacesAll) database().exec("DELETE FROM reading");
        const note = prepare("INSERT INTO reading (clock, wall, value) VALUES (?, ?, ?)");
        note.run(at, Date.now(), readings ?? Buffer.alloc(0));
        prepare("INSERT OR REPLACE INTO about VALUES ('ran', ?)").run(`${ran()}`);
        prepare("DELETE FROM kept WHERE until <= ?").run(ran());
      });
      return { seq, id };
    },

    hasCommit: (term: string, seq: number): boolean => run(changes.hasCommit(term, seq)),

    changes: (...sought: Parameters<ChangeTable["read"]>): LoggedChange[] => run(changes.read(...sought)),

    beginIntent(_token: string, id: string, intent: Uint8Array, kept: readonly StoredValue[]): boolean {
      transaction("FULL", () => {
        prepare("INSERT OR REPLACE INTO intent VALUES (?, ?, ?)").run(id, Date.now(), intent);
        for (const value of kept) writeValue(value);
      });
      return true;
    },

    endIntents(_token: string, ids: readonly string[]): boolean {
      transaction("NORMAL", () => {
        for (const id of ids) prepare("DELETE FROM intent WHERE id = ?").run(id);
      });
      return true;
    },

    intents(): (readonly [id: string, intent: Uint8Array])[] {
      const rows = prepare("SELECT id, value FROM intent ORDER BY at, id").all();
      return rows.map(({ id, value }) => [`${id}`, value as Uint8Array]);
    },

    storeValue(_token: string, kept: StoredValue): boolean {
      transaction("FULL", () => writeValue(kept));
      return true;
    },

    deleteValue(_token: string, name: string): boolean {
      transaction("FULL", () => prepare("DELETE FROM kept WHERE name = ?").run(name));
      return true;
    },

    findValue(name: string): StoredValue | undefined {
      const row = prepare("SELECT value, until - ? AS ms FROM kept WHERE name = ?").get(ran(), name);
      // Safe: the types of the columns.
      return row && Number(row.ms) > 0
        ? { name, value: row.value as Uint8Array, ms: Number(row.ms) }
        : undefined;
    },

    /** Runs a maintenance command. */
    maintain: <T>(work: (opened: Database) => T): T => work(openToWrite()),

    close() {
      file?.close();
      lock?.close();
    },
  };
}

export type SqliteFile = ReturnType<typeof createSqliteFile>;
