import { isJobName } from "../../catalog/index.ts";
import { DAY } from "../../config/index.ts";
import { KEY_PROOF, type Seal } from "../sealed/seal.ts";
import { marks, number, readHorizons, type SqlSteps, statement } from "./change-table.ts";
import { packReadings, unpackReadings } from "./reading-times.ts";

export type StoredRow = Readonly<Record<string, unknown>>;

/** The number of rows read together. */
export const ROWS_PER_PAGE = 500;
/** The name under which readings are sealed. */
export const READINGS_NAME = "reading";

/** Returns the name under which a value stored by name is sealed; undefined for marks, which are not sealed. */
export const sealedName = (name: unknown): string | undefined =>
  /^mark:/.test(`${name}`) ? undefined : `${isJobName(`${name}`) ? "job" : "idempotency"} ${name}`;

/** Returns the name of a stored entry. */
export const nameOfEntry = (seal: Seal, { key, name }: StoredRow): string =>
  JSON.parse(seal.open(`name ${key}`, name as Uint8Array));

/** Returns the value of a stored entry. */
export const valueOfEntry = (seal: Seal, { key, value }: StoredRow): unknown =>
  JSON.parse(seal.open(`entry ${key}`, value as Uint8Array));

/** Calls `visit` with each row of a table, in key order: `seq, n`. */
export function* eachRow(
  table: string,
  key: string,
  visit: (row: StoredRow) => SqlSteps<void> | void,
): SqlSteps<void> {
  const columns = key.split(", ");
  const isNumber = columns[0] === "seq";
  for (let after: readonly (string | number)[] = columns.map(() => (isNumber ? -1 : "")); ; ) {
    const rows: readonly StoredRow[] = yield statement(
      `SELECT * FROM ${table} WHERE (${key}) > (${marks(columns)}) ORDER BY ${key} LIMIT ${ROWS_PER_PAGE}`,
      ...after,
    );
    for (const row of rows) {
      const steps = visit(row);
      if (steps) yield* steps;
    }
    const last = rows.at(-1);
    if (rows.length < ROWS_PER_PAGE || !last) return;
    after = columns.map((column) => (isNumber ? Number(last[column]) : String(last[column])));
  }
}

/** A column with sealed values: its table, the table's key, and the name under which each row's value is sealed. */
interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly key: string;
  readonly nameOf: (row: StoredRow) => string | undefined;
}

const nameColumn: SealedColumn = {
  table: "entry",
  column: "name",
  key: "key",
  nameOf: ({ key }) => `name ${key}`,
};
const readingColumn: SealedColumn = {
  table: "reading",
  column: "value",
  key: "seq",
  nameOf: () => READINGS_NAME,
};
/** Sealed columns outside the tables of entries. */
const valueColumns: readonly SealedColumn[] = [
  { table: "change", column: "guarded", key: "seq, n", nameOf: ({ seq, n }) => `change ${seq} ${n}` },
  { table: "intent", column: "value", key: "id", nameOf: ({ id }) => `intent ${id}` },
  { table: "kept", column: "value", key: "name", nameOf: ({ name }) => sealedName(name) },
];
const entryColumn = { ...nameColumn, column: "value", nameOf: ({ key }: StoredRow) => `entry ${key}` };

/** Calls `visit` with each row that has a sealed value in a column, and the name of the value. */
const eachSealed = (
  { table, column, key, nameOf }: SealedColumn,
  visit: (sealed: Uint8Array, name: string, row: StoredRow) => SqlSteps<void> | void,
) =>
  eachRow(table, key, (row) => {
    const name = nameOf(row);
    const sealed = row[column] as Uint8Array | null;
    return name !== undefined && sealed?.length ? visit(sealed, name, row) : undefined;
  });

/** A value that cannot be opened, so that nothing was changed. The message is a full sentence. */
export class UnreadableValueError extends Error {}

/** Seals all values with another key, within a transaction. Throws UnreadableValueError. */
export function* changeKey(from: Seal, to: Seal): SqlSteps<void> {
  const open = (name: string, sealed: Uint8Array) => {
    try {
      return from.open(name, sealed);
    } catch {
      throw new UnreadableValueError(
        `Nothing was done: ${name} cannot be read. "npm run store -- check" lists all that cannot.`,
      );
    }
  };
  /** The new keys of entries by their old keys. */
  const keys = new Map<unknown, string>();
  const done = new Set<unknown>();
  yield* eachSealed(nameColumn, function* (sealed, name, { key, value }) {
    if (done.has(key)) return;
    const text = open(name, sealed);
    const next = to.digest(JSON.parse(text));
    keys.set(key, next);
    done.add(next);
    const resealed =
      value === null ? null : to.seal(`entry ${next}`, open(`entry ${key}`, value as Uint8Array));
    const set = "UPDATE entry SET key = ?, name = ?, value = ? WHERE key = ?";
    yield statement(set, next, to.seal(`name ${next}`, text), resealed, String(key));
  });
  yield* eachSealed(readingColumn, function* (sealed, name, { seq }) {
    const readings = unpackReadings(open(name, sealed)).flatMap(([key, times]) => {
      const next = keys.get(key);
      return next === undefined ? [] : [[next, times] as const];
    });
    const set = "UPDATE reading SET value = ? WHERE seq = ?";
    yield statement(set, to.seal(name, packReadings(readings)), Number(seq));
  });
  for (const one of valueColumns)
    yield* eachSealed(one, function* (sealed, name, row) {
      const columns = one.key.split(", ");
      const where = columns.map((column) => `${column} = ?`).join(" AND ");
      yield statement(
        `UPDATE ${one.table} SET ${one.column} = ? WHERE ${where}`,
        to.seal(name, open(name, sealed)),
        ...columns.map((column) => row[column] as string | number),
      );
    });
  yield statement("UPDATE about SET value = ? WHERE name = ?", to.proveKey(), KEY_PROOF);
}

/** The contents of a store, in lines for operators, and whether it has errors. */
export interface StoreReport {
  readonly lines: readonly string[];
  readonly isSound: boolean;
}

/** The maximum number of locations listed. */
const MAX_PLACES = 20;
const MONTH = 30 * DAY;

/** Formats a number of bytes. */
export const formatMebibytes = (bytes: unknown): string => `${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`;

const dateOf = (ms: unknown) => new Date(Number(ms)).toISOString();

/** Reads all stored values, and reports their numbers and the unreadable ones. */
export function* inspectValues(seal: Seal, now: number): SqlSteps<StoreReport> {
  const damaged: string[] = [];
  for (const column of [nameColumn, entryColumn, readingColumn, ...valueColumns])
    yield* eachSealed(column, (sealed, name) => {
      try {
        seal.open(name, sealed);
      } catch {
        damaged.push(name);
      }
    });
  const count = (from: string, ...values: number[]) => number(`SELECT count(*) FROM ${from}`, ...values);
  const records = yield* count("entry WHERE kind IS NOT NULL AND value IS NOT NULL");
  const changes = yield* count("change");
  const recent = yield* count('change JOIN "commit" USING (seq) WHERE at > ?', now - MONTH);
  const guarded = yield* count("change WHERE guarded IS NOT NULL");
  const intents = yield* count("intent");
  const refused = yield statement("SELECT key, at, reason FROM refused ORDER BY at");
  const gaps = Object.entries((yield* readHorizons()) ?? {}).map(
    ([kind, { since }]) => `${kind === "all" ? "any type" : kind}: none before ${dateOf(since)}`,
  );
  const lines = [
    `Content: ${records} records, ${changes} changes, ${recent} of them in the last 30 days.`,
    `Open intents: ${intents}${intents > 0 ? ", writes in progress or of unknown outcome" : ""}.`,
    `History: ${gaps.join("; ") || "has not begun"}.`,
    `Refused values: ${refused.length}.`,
    ...refused.slice(-MAX_PLACES).map(({ key, at, reason }) => `  ${key}, ${dateOf(at)}: ${reason}`),
    `Integrity: ${damaged.length === 0 ? "every value can be read" : `${damaged.length} values cannot be read`}.`,
    ...damaged.slice(0, MAX_PLACES).map((name) => `  ${name}`),
    seal.isEncrypted
      ? `Readable without STORE_KEY: what the SQL views show of ${records} records and ${changes - guarded} changes, and who made changes.`
      : "Readable without a key: everything (STORE_KEY is not set).",
  ];
  return { lines, isSound: damaged.length + refused.length === 0 };
}
