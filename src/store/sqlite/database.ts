import { createRequire } from "node:module";
import type { SqlSteps, Value } from "../lasting/change-table.ts";
import { UnusableStoreError } from "./unusable-store.ts";

/** The parts used of `node:sqlite` and of its replacement. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type Row = Readonly<Record<string, Value>>;

interface Statement {
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  run(...values: Value[]): unknown;
}

const require = createRequire(import.meta.url);

/** Node includes the library since 22.13; the other package is an optional dependency. */
function loadLibrary(): {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => Database;
} {
  for (const name of ["node:sqlite", "@photostructure/sqlite"]) {
    try {
      return require(name);
    } catch {}
  }
  throw new UnusableStoreError(
    `cannot be opened: Node ${process.version} has no SQLite, and the package @photostructure/sqlite is not installed. ` +
      "Use Node 22.13 or later, or install it (`npm ci` does).",
  );
}

/** Opens a database. Throws SQLite's error. */
export function openDatabase(path: string, isReadOnly: boolean): Database {
  const database = new (loadLibrary().DatabaseSync)(path, { readOnly: isReadOnly });
  database.exec("PRAGMA busy_timeout = 2000");
  return database;
}

/** Runs statements, each after the previous one. */
export function runSteps<T>(database: Database, steps: SqlSteps<T>): T {
  let next = steps.next();
  while (!next.done) {
    const { sql, values } = next.value;
    next = steps.next(database.prepare(sql).all(...values));
  }
  return next.value;
}
