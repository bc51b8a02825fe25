import { closeSync, openSync, statSync } from "node:fs";
import type { Horizons, LoggedPast, StoredChange } from "../../catalog/index.ts";
import { ChangeTable, type SqlSteps } from "../lasting/change-table.ts";
import {
  type KeptValue,
  type NewCommit,
  type OpenEntry,
  openEntry,
  type StoredEntry,
} from "../lasting/lasting-store.ts";
import { toColumns } from "../sealed/column-text.ts";
import { createSeal } from "../sealed/seal.ts";
import type { View } from "../view/record-view.ts";
import { type Database, openDatabase, runSteps } from "./database.ts";
import { checkStore, makeViews, migrate, type StoreIdentity } from "./layout.ts";
import { checkUnused, findFile, ownFile, watchFile } from "./own-file.ts";
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

/** A kept value, as one thread gives it to another. */
interface KeptBytes extends Omit<KeptValue, "value"> {
  readonly value: Uint8Array;
}

/** A row with bytes, as one thread gives it to another. */
export type Bytes = readonly [name: string, value: Uint8Array];

/**
 * What lasts, in a file of SQLite, which has one owner: its only term ends with the process. All calls are synchronous,
 * and throw UnusableStore or what SQLite says; then nothing of the call is stored.
 */
export function createSqliteFile(options: SqliteFileOptions) {
  const seal = createSeal(options.key && Buffer.from(options.key));
  const changes = new ChangeTable(seal);
  const path = findFile(options.path);
  let checkIsSame = () => {};
  let lock: Database | undefined;
  let file: Database | undefined;
  let parts: Iterator<OpenEntry[], void> | undefined;
  let lastSynchronous = "";
  let openedAt = 0;
  let ranBefore = 0;

  /**
   * Milliseconds for which gateways have had the file open. What is kept for a time ends by these, so that nothing ends
   * because the wall clock was set.
   */
  const ran = (): number => ranBefore + performance.now() - openedAt;

  function database(): Database {
    if (!file) throw new Error("The file is not open.");
    return file;
  }

  const prepare = (sql: string) => database().prepare(sql);
  const run = <T>(steps: SqlSteps<T>): T => runSteps(database(), steps);

  function openToWrite(): Database {
    const before = file;
    file = openDatabase(path, false);
    file.exec("PRAGMA journal_mode = WAL");
    // Somebody has it open all the time, which keeps other gateways from it.
    file.prepare("SELECT count(*) FROM sqlite_schema").get();
    before?.close();
    return file;
  }

  function* readEntries(): Generator<OpenEntry[], void> {
    const next = prepare(
      "SELECT rowid AS row, key, name, value FROM entry WHERE rowid > ? ORDER BY rowid LIMIT 200",
    );
    for (let rows = next.all(0); rows.length > 0; rows = next.all(rows.at(-1)?.row ?? 0))
      // Safe: the types of the columns.
      yield rows.map(({ key, name, value }) =>
        openRow({ key: `${key}`, name: bufferOf(name as Uint8Array), value: bufferOf(value as Uint8Array) }),
      );
  }

  function openRow(entry: StoredEntry): OpenEntry {
    try {
      return openEntry(seal, entry);
    } catch {
      throw damage();
    }
  }

  function keepValue({ name, value, ms }: KeptValue): void {
    prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)").run(name, ran() + ms, value);
  }

  /** All of `work`, or nothing. `FULL`: it is on the disk afterwards. */
  function transaction<T>(synchronous: "FULL" | "NORMAL", work: () => T): T {
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
     * The last known moment of the process before; undefined if there was none. Nothing in a file changes that this
     * gateway cannot use.
     */
    open(): Moment | undefined {
      const identity = { ...options, seal };
      lock = ownFile(path);
      closeSync(openSync(path, "a", 0o600));
      const isNew = statSync(path).size === 0;
      // What was written last is beside it.
      if (isNew && (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) throw damage();
      checkUnused(path);
      checkIsSame = watchFile(path);
      file = openDatabase(path, !isNew);
      if (isNew || !checkStore(file, identity)) migrate(openToWrite(), identity);
      ranBefore = Number(prepare("SELECT value FROM about WHERE name = 'ran'").get()?.value ?? 0);
      openedAt = performance.now();
      const left = prepare("SELECT clock, wall FROM reading ORDER BY seq DESC LIMIT 1").get();
      return left && { clock: Number(left.clock), wall: Number(left.wall) };
    },

    /** The next part of the entries, open; undefined after the last. */
    nextEntries(): OpenEntry[] | undefined {
      parts ??= readEntries();
      return parts.next().value ?? undefined;
    },

    readings(): Uint8Array[] {
      const rows = prepare("SELECT value FROM reading WHERE value <> x'' ORDER BY seq").all();
      // Safe: the type of the column.
      return rows.map(({ value }) => value as Uint8Array);
    },

    /** As of the store; `lacksShown`: what entries show is to be stored anew. It writes for the first time. */
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
     * Each commit is a row of `reading`, which says when it was made, and is empty where nothing was only read again.
     */
    commit({ entries, readings, isFolded, at, seq, id, ...rest }: NewCommit): { seq: number; id: string } {
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
        if (isFolded) database().exec("DELETE FROM reading");
        const note = prepare("INSERT INTO reading (clock, wall, value) VALUES (?, ?, ?)");
        note.run(at, Date.now(), readings ?? Buffer.alloc(0));
        prepare("INSERT OR REPLACE INTO about VALUES ('ran', ?)").run(`${ran()}`);
        prepare("DELETE FROM kept WHERE until <= ?").run(ran());
      });
      return { seq, id };
    },

    hasCommit: (term: string, seq: number): boolean => run(changes.hasCommit(term, seq)),

    changes: (...sought: Parameters<ChangeTable["read"]>): StoredChange[] => run(changes.read(...sought)),

    beginIntent(_token: string, id: string, intent: Uint8Array, kept: readonly KeptValue[]): boolean {
      transaction("FULL", () => {
        prepare("INSERT OR REPLACE INTO intent VALUES (?, ?, ?)").run(id, Date.now(), intent);
        for (const value of kept) keepValue(value);
      });
      return true;
    },

    endIntents(_token: string, ids: readonly string[]): boolean {
      transaction("NORMAL", () => {
        for (const id of ids) prepare("DELETE FROM intent WHERE id = ?").run(id);
      });
      return true;
    },

    intents(): Bytes[] {
      const rows = prepare("SELECT id, value FROM intent ORDER BY at, id").all();
      return rows.map(({ id, value }) => [`${id}`, value as Uint8Array]);
    },

    keep(_token: string, kept: KeptValue): boolean {
      transaction("FULL", () => keepValue(kept));
      return true;
    },

    unkeep(_token: string, name: string): boolean {
      transaction("FULL", () => prepare("DELETE FROM kept WHERE name = ?").run(name));
      return true;
    },

    kept(name: string): KeptBytes | undefined {
      const row = prepare("SELECT value, until - ? AS ms FROM kept WHERE name = ?").get(ran(), name);
      // Safe: the types of the columns.
      return row && Number(row.ms) > 0
        ? { name, value: row.value as Uint8Array, ms: Number(row.ms) }
        : undefined;
    },

    /** Does what a command asks, instead of all else. */
    maintain: <T>(work: (opened: Database) => T): T => work(openToWrite()),

    close(): void {
      file?.close();
      lock?.close();
    },
  };
}

/** Bytes as they come from another thread, or from SQLite. */
export const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);

export type SqliteFile = ReturnType<typeof createSqliteFile>;
