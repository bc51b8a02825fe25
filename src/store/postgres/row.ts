import { type ChangeRow, type ChangeTable, horizonAfter, type SqlSteps } from "../lasting/change-table.ts";
import type { NewCommit, StoredEntry } from "../lasting/lasting-store.ts";
import { toColumns } from "../sealed/column-text.ts";
import type { Step } from "../shared/high-water-mark.ts";
import type { Lease, LogEnd } from "../shared/shared-store.ts";
import type { Query, Value } from "./connection.ts";

/** A row as the driver returns it. */
export type Row = Readonly<Record<string, unknown>>;

/** Returns the step of the store that a row contains. */
export const stepOf = ({ term, step }: Row): Step => ({ term: Number(term), step: Number(step) });

/** Runs statements, each after the previous one was answered. */
export async function runSteps<T>(query: Query, steps: SqlSteps<T>): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    const { sql, values } = next.value;
    let number = 0;
    next = steps.next(
      await query(
        sql.replace(/\?/g, () => `$${++number}`),
        values,
      ),
    );
  }
  return next.value;
}

/** Returns a row in the JSON form that PostgreSQL reads: bytes are hexadecimal. */
const asJson = (row: ChangeRow) => ({
  ...row,
  guarded: row.guarded && `\\x${Buffer.from(row.guarded as Uint8Array).toString("hex")}`,
});

/** Converts a row to an entry. */
export const toEntry = ({ key, name, value }: Row): StoredEntry => ({
  // Safe: the types of the columns.
  key: key as string,
  name: name as Uint8Array,
  value: value as Uint8Array | null,
});

/** Converts a row to a lease. */
export const toLease = (row: Row): Lease => ({
  token: String(row.token),
  beat: Number(row.beat),
  run: String(row.leader_run),
  at: Number(row.at),
  wall: Number(row.wall),
  time: Number(row.leader_time),
  echo: JSON.parse(String(row.echo)),
  address: String(row.address),
  format: String(row.format),
  isWarm: row.warm === true,
  free: String(row.free),
});

/** Returns the values of a commit, starting with its number (see `COMMIT`). */
export function valuesOf(
  { seq, id, at, entries, changes, lost, readings, replacesAll, readPeriod, refused }: NewCommit,
  table: ChangeTable,
): readonly Value[] {
  const columns = [
    entries.map(({ key }) => key),
    entries.map(({ value }) => value),
    entries.map(({ shown }) => shown?.kind ?? null),
    entries.map(({ shown }) => shown?.id ?? null),
    entries.map(({ shown }) => (shown ? toColumns(shown.fields) : null)),
  ];
  const noted = changes.slice(0, 1).map(({ seq, term }) => ({ seq, term, at: Date.now() }));
  return [
    ...[seq, id, at, ...columns],
    JSON.stringify(changes.map((change) => asJson(table.rowOf(change)))),
    JSON.stringify(noted),
    lost ? JSON.stringify(horizonAfter(lost)) : null,
    ...[readings, replacesAll],
    readPeriod ? JSON.stringify([readPeriod]) : null,
    entries.map(({ name }) => name),
    refused ? JSON.stringify([{ ...refused, at: Date.now() }]) : null,
  ];
}

/** Returns the last commit. For a process with another entry format, the log is empty. */
export function logEndOf({ format, seq, committed_at: at, epoch }: Row, ownFormat: string): LogEnd {
  if (format !== ownFormat) return { seq: 0, at: -Infinity, epoch: "" };
  return { seq: Number(seq), at: Number(at ?? -Infinity), epoch: String(epoch) };
}
