import { createHash } from "node:crypto";

/** Characters that are encoded together; a few hundred rows. */
const CHUNK_LENGTH = 64 * 1024;

/**
 * The rows of an answer in the order in which they were added: their JSON texts, as bytes, which take no part in
 * collections of garbage. Objects are made of a few hundred at a time, when they are written.
 */
export class CollectedRows {
  readonly path: readonly string[];
  /** Lists of rows without the brackets; promises of rows that are not known yet. */
  #chunks: (Buffer | Promise<string>)[] = [];
  #text = "";
  count = 0;

  /** `path`: the response path of the list whose items are the rows. */
  constructor(path: readonly string[]) {
    this.path = path;
  }

  add(row: string | Promise<string>): void {
    this.count += 1;
    if (typeof row === "string") {
      this.#text += this.#text === "" ? row : `,${row}`;
      if (this.#text.length >= CHUNK_LENGTH) this.#cutOff();
      return;
    }
    this.#cutOff();
    this.#chunks.push(row);
  }

  #cutOff(): void {
    if (this.#text !== "") this.#chunks.push(Buffer.from(this.#text));
    this.#text = "";
  }

  /** Waits for the rows that were not known when they were added. Rejects if one of them failed. */
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

  /** The rows as objects, a chunk at a time. Each call begins with the first. */
  *batches(): Generator<readonly unknown[], void, void> {
    for (const chunk of this.#chunks)
      if (Buffer.isBuffer(chunk)) yield JSON.parse(`[${chunk.toString()}]`) as readonly unknown[];
  }

  /** The same text for the same rows. */
  *hash(): Generator<void, string, void> {
    const hash = createHash("sha1");
    for (const chunk of this.#chunks) {
      if (Buffer.isBuffer(chunk)) hash.update(chunk);
      yield;
    }
    return hash.digest("base64url");
  }
}
