import { type ErasedClient, eraseClient } from "../lasting/erase-client.ts";
import type { Seal } from "../sealed/seal.ts";
import { type Database, runSteps } from "./database.ts";

/** Erases the values of a client, and what the file has of them where nothing is any more. */
export function eraseFromFile(database: Database, seal: Seal, id: number): ErasedClient {
  database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const erased = runSteps(database, eraseClient(seal, id));
  database.exec("COMMIT; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  return erased;
}

/** Forgets what may be older than what was known when the file was last used, and what has changed since. */
export const noteFileRestored = (database: Database): void =>
  database.exec("DELETE FROM entry; DELETE FROM reading; DELETE FROM about WHERE name = 'horizons'");
