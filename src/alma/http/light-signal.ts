/** Called with the reason for which a signal was aborted. */
export type AbortListener = (reason: unknown) => void;

/**
 * Tells that something is no longer wanted: an AbortController and its AbortSignal in one, without what only `fetch`
 * and the like need. Each request has one and each call to Alma two; making one of those takes a tenth of a query, and
 * longer than decoding an answer.
 */
export class LightSignal {
  #isAborted = false;
  #reason: unknown;
  readonly #listeners = new Set<AbortListener>();

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Aborts it, unless it has been. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    for (const notify of this.#listeners) notify(reason);
    this.#listeners.clear();
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  /** As an AbortSignal does: only what happens from now on is told. */
  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** Calls `listener` when it is aborted, or at once if it has been; returns a function that stops listening. */
  onAbort(listener: AbortListener): () => void {
    if (this.#isAborted) listener(this.#reason);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
