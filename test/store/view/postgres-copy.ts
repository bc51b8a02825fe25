import { execFileSync } from "node:child_process";
import { createSeal } from "../../../src/store/index.ts";
import { checkPostgres } from "../../../src/store/postgres/layout.ts";
import { makeViews } from "../../../src/store/postgres/views.ts";
import { startPostgres } from "../../support/postgres.ts";
import { runSql } from "../sqlite/run-sql.ts";

/** Runs SQL in the schema of the store, and returns the rows as CSV. */
export type Psql = (input: string) => string;

/** A PostgreSQL with a store's tables and views, without data. */
export async function startTables(): Promise<Psql> {
  const { url } = await startPostgres();
  const address = { url, schema: "alma", timeout: 60_000 };
  const log = { warn: () => {} };
  await checkPostgres(address, { almaUrl: "http://alma.example.com", seal: createSeal(undefined) }, log);
  await makeViews(address, log);
  const flags = ["-X", "-q", "--csv", "-t", "-v", "ON_ERROR_STOP=1", url];
  return (input) =>
    execFileSync("psql", flags, { input: `SET search_path = alma; ${input}`, maxBuffer: 2 ** 28 }).toString();
}

/** A value of SQLite as PostgreSQL reads it. */
const literal = (value: unknown): string =>
  value === null
    ? "NULL"
    : value instanceof Uint8Array
      ? `'\\x${Buffer.from(value).toString("hex")}'`
      : `'${String(value).replaceAll("'", "''")}'`;

/** A PostgreSQL with the records and changes of a SQLite file. */
export async function copyToPostgres(path: string): Promise<Psql> {
  const psql = await startTables();
  const copied = (table: string, columns: string, values = columns) =>
    runSql(path, `SELECT ${values} FROM ${table}`).map(
      (row) => `INSERT INTO ${table} (${columns}) VALUES (${Object.values(row).map(literal)});`,
    );
  const changes =
    "seq, n, kind, id, event, field, before, after, not_before, not_after, origin, started, ended";
  psql(
    [
      ...copied("entry", "key, seq, kind, id, shown", "key, 1 AS seq, kind, id, shown"),
      ...copied("change", changes),
    ].join("\n"),
  );
  return psql;
}
