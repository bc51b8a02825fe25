import { closeSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { type Database, openDatabase } from "./database.ts";
import { UnusableStore } from "./unusable-store.ts";

/** SQLite's code for a lock that another has. */
const BUSY = 5;

/** Network file systems by the type that Linux has for them (statfs(2)). */
const networkFileSystems = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x00c36400, "Ceph"],
]);

const typeOf = (folder: string): number => statfsSync(folder).type;

/**
 * Makes this process the only owner of a file, by a lock on a file beside it, which ends with the process; the file
 * itself stays open to other programs. Throws UnusableStore if it cannot be.
 */
export function ownFile(path: string, fileSystemOf = typeOf): Database {
  const network = networkFileSystems.get(fileSystemOf(dirname(path)));
  if (network)
    throw new UnusableStore(
      `lies on a network file system (${network}), where no lock can be trusted. Name a file on a disk of this machine.`,
    );
  const lockPath = `${path}-lock`;
  closeSync(openSync(lockPath, "a", 0o600));
  const lock = openDatabase(lockPath, false);
  try {
    lock.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { readonly errcode?: number }).errcode !== BUSY) throw error;
    throw new UnusableStore(
      "another process is using: one process owns the file. Stop that process, or give this one a file of its own; let " +
        "no second process write to the same Alma.",
    );
  }
}
