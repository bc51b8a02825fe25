import pg from "pg";
import type { Log } from "../../config/index.ts";
import { StoreUnreachableError } from "../lasting/lasting-store.ts";
import { APPLICATION_NAME, describeStore, digestOf, type StoreIdentity } from "../lasting/store-identity.ts";
import { KEY_PROOF } from "../sealed/seal.ts";
import {
  type Connection,
  openConnection,
  type PostgresAddress,
  type Query,
  withConnection,
} from "./connection.ts";
import { THIS_TRANSACTION } from "./statements.ts";

/** The migrations, by number. Each converts the previous layout to the next. Clocks are in milliseconds. */
export const migrations: readonly string[] = [
  `CREATE TABLE about (name text PRIMARY KEY, value text NOT NULL);
   CREATE TABLE lease (one boolean PRIMARY KEY CHECK (one), token text NOT NULL, term bigint NOT NULL, step bigint NOT NULL,
     xid bigint NOT NULL, format text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL, commit_id text NOT NULL, at float8,
     pruned bigint NOT NULL);
   INSERT INTO lease VALUES (true, '', 0, 0, ${THIS_TRANSACTION}, '', '', 0, '', NULL, 0);
   CREATE TABLE beat (one boolean PRIMARY KEY CHECK (one), token text NOT NULL, beat bigint NOT NULL, run text NOT NULL,
     at float8 NOT NULL, wall float8 NOT NULL, time float8 NOT NULL, echo text NOT NULL, address text NOT NULL,
     warm boolean NOT NULL, asked text NOT NULL, free text NOT NULL);
   INSERT INTO beat VALUES (true, '', 0, '', 0, 0, 0, '{}', '', false, '{}', '');
   CREATE TABLE nonce (member text PRIMARY KEY, nonce float8 NOT NULL);
   CREATE TABLE entry (key text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL, value bytea, kind text, id bigint, shown jsonb);
   CREATE INDEX entry_seq ON entry (seq);
   CREATE INDEX entry_of_record ON entry (kind, id);
   CREATE TABLE reading (seq bigint PRIMARY KEY, value bytea NOT NULL);
   CREATE TABLE "commit" (seq bigint PRIMARY KEY, term text NOT NULL, at float8 NOT NULL);
   CREATE TABLE change (seq bigint NOT NULL, n integer NOT NULL, kind text NOT NULL, id bigint NOT NULL, event text NOT NULL,
     field text, before text, after text, guarded bytea, not_before float8 NOT NULL, not_after float8 NOT NULL,
     origin text NOT NULL, by text, started float8 NOT NULL, ended float8 NOT NULL, PRIMARY KEY (seq, n));
   CREATE INDEX change_of_record ON change (kind, id, seq, n);
   CREATE TABLE intent (id text PRIMARY KEY, value bytea NOT NULL);
   CREATE TABLE kept (name text PRIMARY KEY, until timestamptz NOT NULL, value bytea NOT NULL)`,
  // Rows expire by running time; those of a leader of an earlier version, which still needs `until`, after 15 days.
  `ALTER TABLE beat ADD COLUMN ran float8 NOT NULL DEFAULT 0;
   ALTER TABLE kept ADD COLUMN ends float8 NOT NULL DEFAULT 1296000000`,
  "CREATE TABLE read_period (n integer PRIMARY KEY, since float8 NOT NULL, until float8 NOT NULL)",
  `ALTER TABLE entry ADD COLUMN name bytea;
   CREATE TABLE refused (key text PRIMARY KEY, at float8 NOT NULL, reason text NOT NULL)`,
  // PostgreSQL assumes without statistics of columns that hardly any row meets a condition. A cast to a date depends on
  // the session, unless the text is an ISO date.
  `CREATE FUNCTION iso_date(text) RETURNS date LANGUAGE sql IMMUTABLE STRICT RETURN CAST($1 AS date);
   ALTER TABLE entry
     ADD COLUMN rental_object_id bigint GENERATED ALWAYS AS (CAST((shown ->> 'rentalObject') AS bigint)) STORED,
     ADD COLUMN client_id bigint GENERATED ALWAYS AS (CAST((shown ->> 'client') AS bigint)) STORED,
     ADD COLUMN building_id bigint GENERATED ALWAYS AS (CAST((shown ->> 'building') AS bigint)) STORED,
     ADD COLUMN unit_id bigint GENERATED ALWAYS AS
       (CASE kind WHEN 'unit' THEN id ELSE CAST((shown ->> 'parentUnit') AS bigint) END) STORED,
     ADD COLUMN start_date date GENERATED ALWAYS AS (iso_date(shown ->> 'startDate')) STORED,
     ADD COLUMN end_date date GENERATED ALWAYS AS (iso_date(shown ->> 'endDate')) STORED,
     ADD COLUMN is_archived boolean GENERATED ALWAYS AS ((shown ->> 'isArchived') = 'true') STORED,
     ADD COLUMN is_listed boolean GENERATED ALWAYS AS ((shown ->> 'isListed') = 'true') STORED,
     ADD COLUMN first_day date GENERATED ALWAYS AS (CASE WHEN kind LIKE '%Contract' AND
       ((shown ->> 'isArchived') = 'true') IS NOT TRUE THEN coalesce(iso_date(shown ->> 'startDate'), iso_date('1900-01-01')) END) STORED,
     ADD COLUMN last_day date GENERATED ALWAYS AS (CASE WHEN kind LIKE '%Contract' AND
       ((shown ->> 'isArchived') = 'true') IS NOT TRUE THEN coalesce(iso_date(shown ->> 'endDate'), iso_date('9999-12-31')) END) STORED;
   CREATE INDEX entry_rental_object_id ON entry (kind, rental_object_id);
   CREATE INDEX entry_client_id ON entry (kind, client_id);
   CREATE INDEX entry_building_id ON entry (kind, building_id);
   CREATE INDEX entry_unit_id ON entry (kind, unit_id);
   CREATE INDEX entry_start_date ON entry (kind, start_date);
   CREATE INDEX entry_end_date ON entry (kind, end_date);
   ANALYZE entry`,
  "ALTER TABLE beat DROP COLUMN asked",
];

/** The lowest supported version, in the server's numbering. */
const LOWEST_VERSION = 140_000;

/**
 * Checks whether a database can be used, and creates missing tables. Returns false if it cannot be reached. Throws a
 * sentence for operators if the database would lose committed data, refuses this process, or contains other data; then
 * nothing has changed.
 */
export async function checkPostgres(
  address: PostgresAddress,
  identity: StoreIdentity,
  log: Pick<Log, "warn">,
): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await openConnection(address);
    await checkServer(connection);
    if (await sharesSessions(connection, address))
      log.warn(
        {},
        "STORE_URL leads through a pooler that gives each transaction another session: the store works, but statements have no " +
          "timeout of their own. Let it pool sessions, or name PostgreSQL itself",
      );
    await migrate(connection, address, identity);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError)
      throw new Error(
        `The database that STORE_URL names refuses this gateway: "${error.message}". Check its name, STORE_PASSWORD_FILE ` +
          `and the rights of its user, who must own the schema "${address.schema}" or may create it.`,
      );
    if (!(error instanceof StoreUnreachableError)) throw error;
    log.warn({ reason: error.message }, "the store does not answer: without it no process leads");
    return false;
  } finally {
    connection?.close();
  }
}

async function checkServer(connection: Connection): Promise<void> {
  const [server] = await connection.query(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
       (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS commits, pg_is_in_recovery() AS follows`,
  );
  const { version, number, commits, follows } = server ?? {};
  if (Number(number) < LOWEST_VERSION)
    throw new Error(`STORE_URL names PostgreSQL ${version}, which is too old. Use version 14 or later.`);
  if (follows) throw new StoreUnreachableError("PostgreSQL is a replica that was not promoted.");
  if (commits !== "on" && commits !== "remote_apply")
    throw new Error(
      `STORE_URL names a database whose synchronous_commit is ${commits}, so it loses acknowledged data when it ` +
        "stops. Set it to on for the gateway's user (ALTER ROLE … SET synchronous_commit = on).",
    );
}

/** How often sessions are compared: other users of the pooler may change which session it assigns. */
const COMPARISONS = 3;

/** Returns whether a pooler gives two connections the same session, or one connection several. */
async function sharesSessions({ query, processId }: Connection, address: PostgresAddress): Promise<boolean> {
  const pidOf = async (ask: Query) => (await ask("SELECT pg_backend_pid() AS pid"))[0]?.pid;
  const pids = new Set([await pidOf(query)]);
  if (pids.has(processId)) return false;
  return withConnection(address, async (other) => {
    for (let count = 0; count < COMPARISONS; count++) {
      // A pooler that assigns the session freed last repeats it here; one that assigns the session freed first is
      // detected below.
      if (pids.has(await pidOf(other.query))) return true;
      for (let again = 0; again < 2; again++) pids.add(await pidOf(query));
      if (pids.size > 1) return true;
    }
    return false;
  });
}

/** Returns the table `about` by name; empty if there is none. */
export async function readAbout(query: Query): Promise<ReadonlyMap<unknown, unknown>> {
  // `to_regclass` alone may answer from a cache, without tables that another session has committed while this one
  // waited.
  const found = await query("SELECT FROM pg_class WHERE oid = to_regclass('main.about')");
  const rows = found.length > 0 ? await query("SELECT name, value FROM main.about") : [];
  return new Map(rows.map(({ name, value }) => [name, value]));
}

/** Milliseconds that a migration may take. It may rewrite a table: 100,000 records take some seconds. */
const MIGRATION_TIME = 600_000;
/** PostgreSQL's code for a lock that was not granted in time. */
const LOCKED = "55P03";

/** Migrates a database to the layout of this version. */
async function migrate(
  { query }: Connection,
  address: PostgresAddress,
  identity: StoreIdentity,
): Promise<void> {
  const { schema, timeout } = address;
  const isCurrent = (found: ReadonlyMap<unknown, unknown>) =>
    checkAbout(found, schema, identity) === migrations.length;
  if (isCurrent(await readAbout(query))) return;
  const rows = Object.entries(describeStore(identity, migrations.length));
  const values = rows.map((row) => `(${row.map((text) => `'${text}'`).join(", ")})`).join(", ");
  const [found] = await query("SELECT to_regnamespace($1) AS schema", [`"${schema}"`]);
  const connection = await openConnection({ ...address, timeout: MIGRATION_TIME });
  try {
    await connection.transaction(async (ask) => {
      // While it waits for a lock, it keeps the present leader from the table.
      await ask(`SET LOCAL lock_timeout = ${Math.ceil(timeout / 2)}`);
      // If several processes start together, the first creates the tables and the others find them.
      await ask("SELECT pg_advisory_xact_lock(hashtext($1))", [APPLICATION_NAME]);
      const now = await readAbout(ask);
      if (isCurrent(now)) return;
      await ask(
        `${found?.schema ? "" : `CREATE SCHEMA IF NOT EXISTS "${schema}";`} ${migrations.slice(checkAbout(now, schema, identity)).join(";")};
         INSERT INTO about VALUES ${values} ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      );
    });
  } catch (error) {
    const cause = (error as Error).cause;
    if (!(cause instanceof pg.DatabaseError && cause.code === LOCKED)) throw error;
    const users = await query(
      `SELECT DISTINCT usename || ', process ' || pid || ', ' || state AS name FROM pg_stat_activity JOIN pg_locks USING (pid)
       JOIN pg_class c ON c.oid = relation WHERE relnamespace = to_regnamespace($1) AND pid <> pg_backend_pid()`,
      [`"${schema}"`],
    );
    const names = users.map(({ name }) => name).join("; ") || "another gateway that starts";
    throw new StoreUnreachableError(
      `An upgrade of its tables waits until others end their transactions: ${names}.`,
    );
  } finally {
    connection.close();
  }
}

/**
 * Returns the number of the layout, and of this version's layout if it differs; 0 if there is none. Throws a sentence
 * for operators.
 */
export async function readLayout(
  { query }: Connection,
  schema: string,
  identity: StoreIdentity,
): Promise<string> {
  const layout = checkAbout(await readAbout(query), schema, identity);
  return layout === 0 || layout === migrations.length
    ? `${layout}`
    : `${layout}, ${migrations.length} after the next start`;
}

/** Returns the number of the layout, 0 if there is none. Throws a sentence for operators. */
function checkAbout(
  about: ReadonlyMap<unknown, unknown>,
  schema: string,
  { almaUrl, seal }: StoreIdentity,
): number {
  if (about.size === 0) return 0;
  const other = "Name another database in STORE_URL";
  const where = `The schema "${schema}" of the database that STORE_URL names`;
  if (about.get("application") !== APPLICATION_NAME)
    throw new Error(`${where} belongs to another program. ${other}.`);
  if (Number(about.get("layout")) > migrations.length)
    throw new Error(
      `${where} was written by a newer version of the gateway. Start that version. Or: ${other}.`,
    );
  if (about.get("alma") !== digestOf(almaUrl))
    throw new Error(
      `${where} belongs to another Alma (ALMA_URL). ${other}, or, if Alma has moved, stop all gateways and drop the schema.`,
    );
  if (about.get("encrypted") !== `${seal.isEncrypted}`)
    throw new Error(
      seal.isEncrypted
        ? `${where} is not encrypted, and STORE_KEY is set. ${other}, or remove the key.`
        : `${where} is encrypted, and STORE_KEY is not set. Set its key. Or: ${other}.`,
    );
  try {
    seal.checkProof(String(about.get(KEY_PROOF)));
  } catch {
    throw new Error(`${where} was encrypted with another STORE_KEY. Set its key. Or: ${other}.`);
  }
  return Number(about.get("layout"));
}
