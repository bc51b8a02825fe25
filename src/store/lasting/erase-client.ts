import { type SqlSteps, statement } from "./change-table.ts";

/** How the names and values of a database are read and written. */
export interface ErasedPlace {
  /** The table of idempotency keys, and its column with their names. */
  readonly keys: { readonly table: string; readonly name: string };
  /** The key of an entry as it stands in the table, and the other way round. */
  readonly sealKey: (key: string) => string;
  readonly openKey: (stored: string) => string;
  /** The value of a row, by its table and its name. */
  readonly read: (table: "entry" | "keys", name: string, value: unknown) => string;
}

/** What was erased of a client: rows by where they were. */
export interface ErasedClient {
  readonly records: number;
  readonly bitrixIds: number;
  readonly changes: number;
  readonly keys: number;
}

/** Erases the values of a client within a transaction, and keeps of changes that there were such. */
export function* eraseClient(place: ErasedPlace, id: number): SqlSteps<ErasedClient> {
  const { table, name: column } = place.keys;
  const remove = (from: string, where: string, key: string) =>
    statement(`DELETE FROM ${from} WHERE ${where} = ? RETURNING 1`, key);
  const bitrixIds = new Set<string>();
  for (const { key, value } of yield statement(
    "SELECT key, value FROM entry WHERE kind IS NULL AND value IS NOT NULL",
  )) {
    const [, bitrixId] = /^lookup:client:(.*)$/s.exec(place.openKey(`${key}`)) ?? [];
    if (bitrixId === undefined || JSON.parse(place.read("entry", `${key}`, value)).id !== id) continue;
    bitrixIds.add(bitrixId);
    yield remove("entry", "key", `${key}`);
  }
  let keys = 0;
  for (const { name, value } of yield statement(`SELECT ${column} AS name, value FROM ${table}`)) {
    // Marks of requests that were handed on have no value.
    const text = /^mark:/.test(`${name}`) ? "{}" : place.read("keys", `${name}`, value);
    const { answer } = JSON.parse(text);
    if (answer?.id === id || bitrixIds.has(answer?.sent?.externalId))
      keys += (yield remove(table, column, `${name}`)).length;
  }
  const changes = yield statement(
    `UPDATE change SET before = NULL, after = NULL, guarded = ? WHERE kind = 'client' AND id = ? AND field IS NOT NULL
     RETURNING 1`,
    Buffer.alloc(0),
    id,
  );
  const records = yield remove("entry", "key", place.sealKey(`record:client:${id}`));
  return { records: records.length, bitrixIds: bitrixIds.size, changes: changes.length, keys };
}
