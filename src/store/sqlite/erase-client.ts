import type { FileSeal } from "../sealed/file-seal.ts";
import type { Database } from "./database.ts";
import { unseal } from "./layout.ts";

/** What was erased of a client: rows by where they were. */
export interface ErasedClient {
  readonly records: number;
  readonly bitrixIds: number;
  readonly changes: number;
  readonly keys: number;
}

/** Erases the values of a client within a transaction, and keeps of changes that there were such. */
export function eraseClient(database: Database, seal: FileSeal, id: number): ErasedClient {
  const remove = (table: "entry" | "idempotency", column: string, key: unknown) =>
    database.prepare(`DELETE FROM ${table} WHERE ${column} = ? RETURNING 1`).all(key as string).length;
  const read = (name: string, value: unknown) => JSON.parse(unseal(seal, name, value));
  const bitrixIds = new Set<string>();
  for (const { key, value } of database.prepare("SELECT key, value FROM entry WHERE kind IS NULL").all()) {
    const [, bitrixId] = /^lookup:client:(.*)$/s.exec(seal.openName(`${key}`)) ?? [];
    if (bitrixId === undefined || read(`entry ${key}`, value).id !== id) continue;
    bitrixIds.add(bitrixId);
    remove("entry", "key", key);
  }
  let keys = 0;
  for (const { id: name, value } of database.prepare("SELECT id, value FROM idempotency").all()) {
    const { answer } = read(`idempotency ${name}`, value);
    if (answer?.id === id || bitrixIds.has(answer?.sent?.externalId))
      keys += remove("idempotency", "id", name);
  }
  const changes = database
    .prepare(
      `UPDATE change SET before = NULL, after = NULL, guarded = x'' WHERE kind = 'client' AND id = ? AND field NOT NULL
       RETURNING 1`,
    )
    .all(id).length;
  const records = remove("entry", "key", seal.sealName(`record:client:${id}`));
  return { records, bitrixIds: bitrixIds.size, changes, keys };
}
