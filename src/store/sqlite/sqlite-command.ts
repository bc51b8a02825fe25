import { closeSync, openSync, readSync } from "node:fs";
import type { ExecutableSchema } from "../../graph/index.ts";
import { type ErasedClient, eraseClient } from "../lasting/erase-client.ts";
import type { Seal } from "../sealed/seal.ts";
import { type Database, runSteps } from "./database.ts";

/** Erases the values of a client, and what the file has of them where nothing is any more. */
export function eraseFromFile(
  database: Database,
  seal: Seal,
  id: number,
  schema: ExecutableSchema["schema"],
): ErasedClient {
  database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const erased = runSteps(database, eraseClient(seal, id, schema));
  database.exec("COMMIT; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  return erased;
}

/** Forgets what may be older than what was known when the file was last used, and what has changed since. */
export const noteFileRestored = (database: Database): void =>
  database.exec("DELETE FROM entry; DELETE FROM reading; DELETE FROM about WHERE name = 'horizons'");

/** Bytes of a file that are looked at together. */
const BLOCK = 16 * 1024 * 1024;

/** Whether a file has any of these texts, wherever its bytes are. */
export function hasBytes(path: string, texts: readonly string[]): boolean {
  const sought = texts.map((text) => Buffer.from(text));
  const overlap = Math.max(0, ...sought.map(({ length }) => length - 1));
  const block = Buffer.alloc(BLOCK + overlap);
  const file = openSync(path, "r");
  try {
    for (let at = 0; ; at += BLOCK) {
      const read = block.subarray(0, readSync(file, block, 0, block.length, at));
      if (sought.some((bytes) => read.includes(bytes))) return true;
      if (read.length < block.length) return false;
    }
  } finally {
    closeSync(file);
  }
}
