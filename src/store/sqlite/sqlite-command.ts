import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { SqlSteps } from "../lasting/change-table.ts";
import { formatMebibytes, inspectValues, type StoreReport } from "../lasting/stored-values.ts";
import { type Database, openDatabase, runSteps } from "./database.ts";
import { checkStore, type FileIdentity } from "./layout.ts";
import { ownFile } from "./own-file.ts";
import { describeUnusable } from "./unusable-store.ts";

/** Changes stored data in one transaction, and overwrites freed space in the file. */
export function maintainFile<T>(database: Database, steps: SqlSteps<T>): T {
  database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const result = runSteps(database, steps);
  database.exec("COMMIT; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  return result;
}

/**
 * Reports the contents of a file without changing it. Throws UnusableStoreError if it is not a store of the gateway.
 */
export function inspectStoreFile(path: string, identity: FileIdentity): StoreReport {
  const owner = findOwner(path);
  const database = openDatabase(path, true);
  try {
    const isCurrent = checkStore(database, identity);
    const damage = database
      .prepare("PRAGMA integrity_check(20)")
      .all()
      .map((row) => `${row.integrity_check}`);
    const { lines, isSound } = runSteps(database, inspectValues(identity.seal, Date.now()));
    const [last] = database.prepare("SELECT max(seq) AS seq FROM reading").all();
    const isWhole = damage.join() === "ok";
    return {
      isSound: isSound && isWhole,
      lines: [
        `Owner: ${owner}.`,
        `Layout: ${isCurrent ? "of this version" : "of another version, until the next start"}. Size: ${formatMebibytes(sizeOf(path) + sizeOf(`${path}-wal`))}.`,
        `Last commit: ${last?.seq ?? 0}.`,
        ...lines,
        `Pages: ${isWhole ? "sound" : damage.join("; ")}.`,
      ],
    };
  } finally {
    database.close();
  }
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function findOwner(path: string) {
  try {
    ownFile(path).close();
    return "no gateway uses it";
  } catch (error) {
    const reason = describeUnusable(error as Error);
    return reason.startsWith("another process") ? "a gateway uses it" : `none may be: it ${reason}`;
  }
}

/** The number of bytes searched together. */
const BLOCK = 16 * 1024 * 1024;

/** Returns whether a file contains any of these texts at any position. */
export function containsTexts(path: string, texts: readonly string[]): boolean {
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
