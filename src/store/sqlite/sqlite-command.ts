import { type ErasedClient, eraseClient } from "../lasting/erase-client.ts";
import type { FileSeal } from "../sealed/file-seal.ts";
import { type Database, runSteps } from "./database.ts";
import { unseal } from "./layout.ts";

/** Erases the values of a client, and what the file has of them where nothing is any more. */
export function eraseFromFile(database: Database, seal: FileSeal, id: number): ErasedClient {
  const place = {
    keys: { table: "idempotency", name: "id" },
    sealKey: (key: string) => seal.sealName(key),
    openKey: (stored: string) => seal.openName(stored),
    read: (table: string, name: string, value: unknown) =>
      unseal(seal, `${table === "keys" ? "idempotency" : table} ${name}`, value),
  };
  database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const erased = runSteps(database, eraseClient(place, id));
  database.exec("COMMIT; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  return erased;
}

/** Forgets what may be older than what was known when the file was last used, and what has changed since. */
export const noteFileRestored = (database: Database): void =>
  database.exec("DELETE FROM entry; DELETE FROM reading; DELETE FROM about WHERE name = 'horizons'");
