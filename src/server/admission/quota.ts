import type { AdmittedRequest } from "../observe/admitted-request.ts";

/** Whose answer it is, and what tells that it is sent or given up. */
interface Answered extends Pick<AdmittedRequest, "onClosed"> {
  readonly caller: { readonly id: string };
}

/** The bytes of all answers that wait for their readers. */
const maxBytes = 64 * 2 ** 20;

/**
 * The bytes of answers that are computed and wait for their readers: these hold memory, and no place. A caller may add
 * as many as are left when it has added them, so that slow readers of a few callers keep nobody else out; its first
 * answer is never refused.
 */
export class UnreadBytes {
  readonly #ofCaller = new Tally();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Counts the bytes of an answer until its response is sent or given up. Returns false if there is no room. */
  add({ caller: { id }, onClosed }: Answered, bytes: number): boolean {
    const own = this.#ofCaller.get(id);
    if (own > 0 && own + bytes > maxBytes - this.#total) return false;
    const count = (change: number) => {
      this.#ofCaller.add(id, change);
      this.#total += change;
    };
    count(bytes);
    onClosed(() => count(-bytes));
    return true;
  }
}

/**
 * How many of `total` one caller may have: half where several callers are identified, so that no single one stops the
 * others; all where there is one, or nobody is identified.
 */
export const quotaOf = (total: number, hasSeveralCallers: boolean): number =>
  hasSeveralCallers ? Math.max(1, Math.floor(total / 2)) : total;

/** Counts by a key, without the keys whose count is 0. */
export class Tally {
  readonly #counts = new Map<string, number>();

  get(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Adds a positive or negative amount. */
  add(key: string, amount: number): void {
    const count = this.get(key) + amount;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
