import type { AdmittedRequest } from "../observe/admitted-request.ts";
import { CountByKey } from "./quota.ts";

/** The caller of an answer, and a callback for when the answer is sent or abandoned. */
interface Answered extends Pick<AdmittedRequest, "onClosed"> {
  readonly caller: { readonly id: string };
}

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

  /** Counts the bytes of an answer until it is sent or abandoned. Returns false if they don't fit. */
  add({ caller: { id }, onClosed }: Answered, bytes: number): boolean {
    const own = this.#ofCaller.get(id);
    if (own > 0 && own + bytes > maxBytes - this.total) return false;
    this.#ofCaller.add(id, bytes);
    onClosed(() => this.#ofCaller.add(id, -bytes));
    return true;
  }
}
