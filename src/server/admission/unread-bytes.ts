import { CountByKey, type Release } from "./quota.ts";

/** The maximum size, in bytes, of computed answers not yet read by their callers. */
const maxBytes = 64 * 2 ** 20;

/**
 * Counts the bytes of computed answers not yet read: they use memory but no slot. A caller may hold at most as many
 * bytes as remain free, so that a few slow readers don't block others. Its first answer is never refused.
 */
export class UnreadBytes {
  readonly #ofCaller = new CountByKey();

  get total(): number {
    return this.#ofCaller.total;
  }

  /** Counts the bytes of an answer until they are released: sent or abandoned. Undefined if they don't fit. */
  tryTake(caller: string, bytes: number): Release | undefined {
    const own = this.#ofCaller.get(caller);
    if (own > 0 && own + bytes > maxBytes - this.total) return undefined;
    return this.#ofCaller.take(caller, bytes);
  }
}
