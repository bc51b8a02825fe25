import type { AdmittedRequest } from "../observe/admitted-request.ts";
import { Tally } from "./quota.ts";

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
