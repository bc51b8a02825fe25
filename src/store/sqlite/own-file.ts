import { closeSync, openSync, realpathSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type Database, openDatabase } from "./database.ts";
import { UnusableStoreError } from "./unusable-store.ts";

/** SQLite's code for a lock held by another connection. */
const BUSY = 5;

/** Network file systems by Linux's type (statfs(2)). */
const networkFileSystems = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x00c36400, "Ceph"],
]);

const typeOf = (folder: string) => statfsSync(folder).type;

const isBusy = (error: unknown) => (error as { readonly errcode?: number }).errcode === BUSY;

/** Returns the real path of a file, since links to it have other names. The file need not exist. */
export function findFile(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Makes this process the only owner of a file, by a lock on a file next to it. The lock ends with the process; the file
 * itself stays open to other programs. Throws UnusableStoreError on failure. `path`: the result of `findFile`.
 */
export function ownFile(path: string, fileSystemOf = typeOf): Database {
  const network = networkFileSystems.get(fileSystemOf(dirname(path)));
  if (network)
    throw new UnusableStoreError(
      `lies on a network file system (${network}), where no lock can be trusted. Name a file on a disk of this machine.`,
    );
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() && stats.nlink > 1)
    throw new UnusableStoreError(
      `has ${stats.nlink} names (hard links), by which others may use it unnoticed. Remove all but one, or name a copy.`,
    );
  const lockPath = `${path}-lock`;
  closeSync(openSync(lockPath, "a", 0o600));
  const lock = openDatabase(lockPath, false);
  try {
    lock.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new UnusableStoreError(
      "another process is using: one process owns the file. Stop that process, or give this one a file of its own; let " +
        "no second process write to the same Alma.",
    );
  }
}

/**
 * Checks that nobody else has a file open, under any name; a running gateway has. Programs that read it may open it
 * later. Throws UnusableStoreError if it is open.
 */
export function checkUnused(path: string): void {
  const trial = openDatabase(path, false);
  try {
    trial.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK");
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new UnusableStoreError(
      "is open elsewhere: another gateway may use it by another name, such as a bind mount, or a program that reads it has " +
        "not closed it. Stop or close that; once the gateway has started, others may read the file.",
    );
  } finally {
    trial.close();
  }
}

/** Returns a function that throws UnusableStoreError if a path no longer refers to the same file. */
export function createSameFileCheck(path: string): () => void {
  const { dev, ino } = statSync(path);
  return () => {
    const now = statSync(path, { throwIfNoEntry: false });
    if (now?.ino === ino && now.dev === dev) return;
    throw new UnusableStoreError(
      "was replaced or removed while the gateway ran: what it writes would be lost. Start the gateway again.",
    );
  };
}
