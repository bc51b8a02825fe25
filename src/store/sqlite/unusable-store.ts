/** A file that cannot be used. The message continues a sentence that begins with the name of the file. */
export class UnusableStoreError extends Error {}

/** SQLite's codes for a damaged database, and for a file that is not a database. */
const CORRUPT = 11;
const NO_DATABASE = 26;

/** The codes of a file that cannot be written: locked, out of memory, read-only, I/O errors, full, cannot be opened. */
const stateCodes = [5, 6, 7, 8, 10, CORRUPT, 13, 14, NO_DATABASE];

/** Returns whether an error concerns the state of the file, not the data written. */
export const isState = ({ errcode = 0 }: Error & { readonly errcode?: number }): boolean =>
  // The upper bits of the code contain details.
  stateCodes.includes(errcode & 0xff);

const REMEDY =
  "Restore a backup, or move the file away with its -wal and -shm: the gateway then reads everything from Alma, " +
  "without earlier writes and idempotency keys.";

/** Creates the error for a file with an unreadable part. */
export const damagedFileError = (): UnusableStoreError => new UnusableStoreError(`is damaged. ${REMEDY}`);

/** Returns why a file cannot be used, in the form of UnusableStoreError. */
export function describeUnusable(error: Error & { readonly errcode?: number }): string {
  if (error instanceof UnusableStoreError) return error.message;
  if (error.errcode === NO_DATABASE) return `is not a SQLite database, or is damaged. ${REMEDY}`;
  if (error.errcode === CORRUPT) return damagedFileError().message;
  return `cannot be kept: ${error.message}. Name a file in a folder that the gateway may write, on a disk with room.`;
}
