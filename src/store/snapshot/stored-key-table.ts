import { createHash } from "node:crypto";
import type { StoredKey, WriteIntent } from "../../catalog/index.ts";
import type { JournalLine } from "./journal-file.ts";

/** Milliseconds for which a key is kept, and how many are: beyond that, the oldest are forgotten early. */
const KEPT_FOR = 24 * 3_600_000;
const MAX_KEYS = 100_000;

/** The line that says what a key is kept with since a time of the wall clock; null: it is free again. */
type KeyLine = Extract<JournalLine, { readonly keyName: string }>;

/** Whoever reads the file learns no key. */
export const nameOfKey = (callerKey: string): string => createHash("sha256").update(callerKey).digest("hex");

/** The idempotency keys of the last 24 hours, and what they are kept with. */
export class StoredKeyTable {
  /** The oldest first. */
  readonly #lines = new Map<string, KeyLine>();

  get size(): number {
    return this.#lines.size;
  }

  find(name: string): StoredKey | undefined {
    const line = this.#lines.get(name);
    return line?.kept && Date.now() - line.keptAt < KEPT_FOR ? line.kept : undefined;
  }

  set(line: KeyLine): void {
    this.#lines.delete(line.keyName);
    if (line.kept) this.#lines.set(line.keyName, line);
    for (const [name, { keptAt }] of this.#lines) {
      if (this.#lines.size <= MAX_KEYS && Date.now() - keptAt < KEPT_FOR) return;
      this.#lines.delete(name);
    }
  }

  /** Notes that something is sent under the key of a mutation, if it has one. */
  noteSent({ idempotency }: WriteIntent, begunAt: number): void {
    if (!idempotency) return;
    const { key, ...request } = idempotency;
    this.set({ keyName: nameOfKey(key), kept: { ...request, state: "sent" }, keptAt: begunAt });
  }

  lines(): readonly KeyLine[] {
    return [...this.#lines.values()];
  }
}
