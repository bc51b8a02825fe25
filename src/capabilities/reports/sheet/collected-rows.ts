import { createHash } from "node:crypto";

/** The size of a chunk of rows in bytes: a few hundred rows. */
const CHUNK_BYTES = 64 * 1024;
/** The maximum size of a character, in bytes. */
const BYTES_PER_CHARACTER = 3;
/** The number of rows per batch. */
const BATCH = 256;
const COMMA = 0x2c;

/**
 * Collects the rows of an answer in order, as bytes of JSON, which the garbage collector does not scan. Objects are
 * created a few hundred at a time, when they are written.
 */
export class CollectedRows {
  /** The response path of the list whose items are the rows; empty until it is chosen. */
  path: readonly string[];
  /** Lists of rows without brackets, and promises of pending rows. */
  #chunks: (Buffer | Promise<string>)[] = [];
  /** The chunk being filled; it contains `#used` bytes. */
  readonly #open = Buffer.allocUnsafe(CHUNK_BYTES);
  #used = 0;
  count = 0;

  /** The size of the known rows in bytes. */
  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (Buffer.isBuffer(chunk) ? chunk.length : 0), 0);
  }

  constructor(path: readonly string[] = []) {
    this.path = path;
  }

  add(row: string | Promise<string>): void {
    this.count += 1;
    if (typeof row === "string") this.#write(row);
    else {
      this.#cutOff();
      this.#chunks.push(row);
    }
  }

  #write(row: string) {
    const mostBytes = row.length * BYTES_PER_CHARACTER + 1;
    if (this.#used + mostBytes > CHUNK_BYTES) this.#cutOff();
    if (mostBytes > CHUNK_BYTES) {
      this.#chunks.push(Buffer.from(row));
      return;
    }
    if (this.#used > 0) this.#open[this.#used++] = COMMA;
    this.#used += this.#open.write(row, this.#used);
  }

  #cutOff() {
    if (this.#used > 0) this.#chunks.push(Buffer.from(this.#open.subarray(0, this.#used)));
    this.#used = 0;
  }

  /** Waits for pending rows. Rejects if one of them failed. */
  async settle(): Promise<void> {
    this.#cutOff();
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) {
      if (Buffer.isBuffer(chunk)) {
        this.#cutOff();
        this.#chunks.push(chunk);
        continue;
      }
      this.count -= 1;
      this.add(await chunk);
    }
    this.#cutOff();
  }

  /**
   * Yields the rows as objects, in batches whose size depends only on the number of rows. Each call starts with the
   * first row.
   */
  *batches(): Generator<readonly unknown[], void, void> {
    let open: unknown[] = [];
    for (const chunk of this.#chunks) {
      if (Buffer.isBuffer(chunk)) open = open.concat(JSON.parse(`[${chunk.toString()}]`));
      while (open.length >= BATCH) yield open.splice(0, BATCH);
    }
    if (open.length > 0) yield open;
  }

  /** Returns the same hash for the same rows, however they arrived. */
  *hash(): Generator<void, string, void> {
    const hash = createHash("sha1");
    for (const chunk of this.#chunks) {
      if (Buffer.isBuffer(chunk)) hash.update(chunk).update(",");
      yield;
    }
    return hash.digest("base64url");
  }
}
