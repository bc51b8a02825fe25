import { APPLICATION_NAME, describeStore, digestOf, type StoreIdentity } from "../lasting/store-identity.ts";
import { KEY_PROOF } from "../sealed/seal.ts";
import { createView, type View } from "../view/create-view.ts";
import type { Database } from "./database.ts";
import { damagedFileError, UnusableStoreError } from "./unusable-store.ts";

/** The purpose of a file, checked before use. */
export interface FileIdentity extends StoreIdentity {
  /** The format of entries (`ENTRY_FORMAT`). */
  readonly entryFormat: string;
}

/**
 * The migrations, by number. Each converts the previous layout to the next. Values are sealed under a name made of
 * their table and key. `reading` is a log of commits: entries read again with the same result, and the time by both
 * clocks. For changes whose values need a scope, `guarded` contains the sealed `before` and `after`; no bytes mean that
 * the values are not stored. `started` and `ended` are of the reading that showed the value after, by the catalog's
 * clock. `until` is by the store's running time (`ran`). All other times are milliseconds of the wall clock.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
   CREATE TABLE entry (key TEXT PRIMARY KEY, value BLOB NOT NULL);
   CREATE TABLE reading (seq INTEGER PRIMARY KEY, clock REAL NOT NULL, wall INTEGER NOT NULL, value BLOB NOT NULL);
   CREATE TABLE intent (id TEXT PRIMARY KEY, at INTEGER NOT NULL, value BLOB NOT NULL);
   CREATE TABLE idempotency (id TEXT PRIMARY KEY, at INTEGER NOT NULL, value BLOB NOT NULL);
   CREATE INDEX idempotency_at ON idempotency (at)`,
  `CREATE TABLE "commit" (seq INTEGER PRIMARY KEY, term TEXT NOT NULL, at INTEGER NOT NULL);
   CREATE TABLE change (
     seq INTEGER NOT NULL, n INTEGER NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL, event TEXT NOT NULL, field TEXT,
     before TEXT, after TEXT, guarded BLOB, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
     origin TEXT NOT NULL, by TEXT, started REAL NOT NULL, ended REAL NOT NULL, PRIMARY KEY (seq, n)
   ) WITHOUT ROWID;
   CREATE INDEX change_of_record ON change (kind, id, seq, n);
   ALTER TABLE entry ADD COLUMN kind TEXT;
   ALTER TABLE entry ADD COLUMN id INTEGER;
   ALTER TABLE entry ADD COLUMN shown TEXT;
   CREATE INDEX entry_of_record ON entry (kind, id)`,
  `CREATE TABLE kept (name TEXT PRIMARY KEY, until INTEGER NOT NULL, value BLOB NOT NULL);
   INSERT INTO kept SELECT id, at + 86400000, value FROM idempotency;
   DROP TABLE idempotency;
   CREATE INDEX kept_until ON kept (until)`,
  // From here on values expire by running time. No running time has passed yet, so stored values are kept for another
  // 15 days.
  "UPDATE kept SET until = 1296000000",
  "CREATE TABLE read_period (n INTEGER PRIMARY KEY, since REAL NOT NULL, until REAL NOT NULL)",
  `ALTER TABLE entry ADD COLUMN name BLOB;
   CREATE TABLE refused (key TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL)`,
  // Without statistics, SQLite chooses the wrong indexes. These are from 100,000 records.
  `ALTER TABLE entry ADD COLUMN rental_object_id INTEGER GENERATED ALWAYS AS (CAST(json_extract(shown, '$."rentalObject"') AS INTEGER)) VIRTUAL;
   ALTER TABLE entry ADD COLUMN client_id INTEGER GENERATED ALWAYS AS (CAST(json_extract(shown, '$."client"') AS INTEGER)) VIRTUAL;
   ALTER TABLE entry ADD COLUMN building_id INTEGER GENERATED ALWAYS AS (CAST(json_extract(shown, '$."building"') AS INTEGER)) VIRTUAL;
   ALTER TABLE entry ADD COLUMN unit_id INTEGER GENERATED ALWAYS AS (
     CASE kind WHEN 'unit' THEN id ELSE CAST(json_extract(shown, '$."parentUnit"') AS INTEGER) END) VIRTUAL;
   ALTER TABLE entry ADD COLUMN start_date TEXT GENERATED ALWAYS AS (json_extract(shown, '$."startDate"')) VIRTUAL;
   ALTER TABLE entry ADD COLUMN end_date TEXT GENERATED ALWAYS AS (json_extract(shown, '$."endDate"')) VIRTUAL;
   ALTER TABLE entry ADD COLUMN is_archived INTEGER GENERATED ALWAYS AS (json_extract(shown, '$."isArchived"') = 'true') VIRTUAL;
   ALTER TABLE entry ADD COLUMN is_listed INTEGER GENERATED ALWAYS AS (json_extract(shown, '$."isListed"') = 'true') VIRTUAL;
   ALTER TABLE entry ADD COLUMN first_day TEXT GENERATED ALWAYS AS (CASE WHEN kind LIKE '%Contract'
     AND (json_extract(shown, '$."isArchived"') = 'true') IS NOT TRUE THEN coalesce(json_extract(shown, '$."startDate"'), '1900-01-01') END) VIRTUAL;
   ALTER TABLE entry ADD COLUMN last_day TEXT GENERATED ALWAYS AS (CASE WHEN kind LIKE '%Contract'
     AND (json_extract(shown, '$."isArchived"') = 'true') IS NOT TRUE THEN coalesce(json_extract(shown, '$."endDate"'), '9999-12-31') END) VIRTUAL;
   CREATE INDEX entry_rental_object_id ON entry (kind, rental_object_id);
   CREATE INDEX entry_client_id ON entry (kind, client_id);
   CREATE INDEX entry_building_id ON entry (kind, building_id);
   CREATE INDEX entry_unit_id ON entry (kind, unit_id);
   CREATE INDEX entry_start_date ON entry (kind, start_date);
   CREATE INDEX entry_end_date ON entry (kind, end_date);
   ANALYZE;
   DELETE FROM sqlite_stat1;
   INSERT INTO sqlite_stat1 SELECT 'entry', name, CASE name WHEN 'entry_of_record' THEN '100000 20000 1' ELSE '100000 20000 20' END
   FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'entry' AND sql LIKE '%(kind, %';
   ANALYZE sqlite_schema`,
];

/**
 * Returns the description that a store contains of itself; empty for an empty database. Throws UnusableStoreError if
 * the database is not a store.
 */
function readAbout(database: Database): ReadonlyMap<string, string> {
  const tables = database.prepare("SELECT name FROM sqlite_schema").all();
  if (tables.length === 0) return new Map();
  const hasAbout = tables.some(({ name }) => name === "about");
  const rows = hasAbout ? database.prepare("SELECT * FROM about").all() : [];
  const about = new Map(rows.map(({ name, value }) => [String(name), String(value)]));
  if (about.get("application") !== APPLICATION_NAME)
    throw new UnusableStoreError("is the database of another program. Name another file.");
  return about;
}

/**
 * Checks whether this gateway can use a database, without changing it. Returns whether no migration is needed. Throws
 * UnusableStoreError if it must not be used.
 */
export function checkStore(database: Database, { almaUrl, entryFormat, seal }: FileIdentity): boolean {
  const about = readAbout(database);
  if (about.size === 0) return false;
  if (Number(about.get("layout")) > migrations.length)
    throw new UnusableStoreError(
      "was written by a newer version of the gateway. Start that version, or name another file.",
    );
  if (about.get("alma") !== digestOf(almaUrl))
    throw new UnusableStoreError("belongs to another Alma (ALMA_URL). Name another file for this one.");
  const isEncrypted = about.get("encrypted") === "true";
  if (isEncrypted && !seal.isEncrypted)
    throw new UnusableStoreError(
      "is encrypted, and STORE_KEY is not set. Set its key, or name another file.",
    );
  if (!isEncrypted && seal.isEncrypted)
    throw new UnusableStoreError(
      "is not encrypted, and STORE_KEY is set. Name another file, or remove the key.",
    );
  try {
    seal.checkProof(about.get(KEY_PROOF) ?? "");
  } catch {
    throw new UnusableStoreError("was encrypted with another STORE_KEY. Set its key, or name another file.");
  }
  const [check] = database.prepare("PRAGMA quick_check(1)").all();
  if (check?.quick_check !== "ok") throw damagedFileError();
  return Number(about.get("layout")) === migrations.length && about.get("entries") === entryFormat;
}

/** Migrates a checked database to the layout of this version, and deletes entries of another format. */
export function migrate(database: Database, identity: FileIdentity): void {
  const { entryFormat } = identity;
  const about = readAbout(database);
  database.exec(`BEGIN IMMEDIATE; ${migrations.slice(Number(about.get("layout") ?? 0)).join(";")}`);
  if (about.get("entries") !== entryFormat) deleteEntries(database);
  const set = database.prepare(
    "INSERT INTO about VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  const description = { ...describeStore(identity, migrations.length), entries: entryFormat };
  for (const [name, value] of Object.entries(description)) set.run(name, value);
  database.exec("COMMIT");
}

/** Deletes the entries, and starts a new history, since changes until everything is read again are not recorded. */
export const deleteEntries = (database: Database): void =>
  database.exec("DELETE FROM entry; DELETE FROM reading; DELETE FROM about WHERE name = 'horizons'");

/** Creates views within a transaction, unless they exist already; views of others are kept. Returns whether it did. */
export function makeViews(database: Database, views: readonly View[]): boolean {
  const digest = digestOf(JSON.stringify(views));
  if (readAbout(database).get("views") === digest) return false;
  for (const view of views) database.exec(`DROP VIEW IF EXISTS ${view.name}; CREATE ${createView(view)}`);
  database.prepare("INSERT OR REPLACE INTO about VALUES ('views', ?)").run(digest);
  return true;
}
