/** A file that cannot be used. The message goes on with a sentence that begins with the name of the file. */
export class UnusableStore extends Error {}

/** SQLite's codes for a database that is damaged, and for a file that is none. */
const CORRUPT = 11;
const NO_DATABASE = 26;

/** Those of a file that cannot be written: locked, no memory, read-only, failing, full, not to be opened. */
const stateCodes = [5, 6, 7, 8, 10, CORRUPT, 13, 14, NO_DATABASE];

/** Whether an error is about the file, and not about what it was told. */
export const isState = ({ errcode = 0 }: Error & { readonly errcode?: number }): boolean =>
  // The rest of the code says more.
  stateCodes.includes(errcode & 0xff);

const REMEDY =
  "Put a backup in its place, or move it away, with the -wal and -shm beside it: then the gateway reads Alma from the " +
  "start, and knows no writes and no idempotency keys of before.";

/** A file of which a part cannot be read. */
export const damage = (): UnusableStore => new UnusableStore(`is damaged. ${REMEDY}`);

/** Why a file cannot be used, as in UnusableStore. */
export function reasonOf(error: Error & { readonly errcode?: number }): string {
  if (error instanceof UnusableStore) return error.message;
  if (error.errcode === NO_DATABASE) return `is no database of SQLite, or is damaged. ${REMEDY}`;
  if (error.errcode === CORRUPT) return damage().message;
  return `cannot be kept: ${error.message}. Name a file in a folder that the gateway may write, on a disk with room.`;
}
