import { type AlmaRequest, type AlmaResponse, isUpload, type Send } from "./send.ts";

/**
 * Who goes ahead while all others wait: one call, and one upload beside it. An upload comes no faster than its sender
 * gives it, so nobody but other uploads waits for one.
 */
export class Probes {
  readonly #probing = new Map<boolean, AlmaRequest>();
  #nextEnd: Promise<void> | undefined;
  #wake = () => {};

  /** Whether this very request went ahead and is not over. */
  has(request: AlmaRequest): boolean {
    return this.#probing.get(isUpload(request)) === request;
  }

  /** Whether nobody of its sort is ahead. */
  canProbe(request: AlmaRequest): boolean {
    return !this.#probing.has(isUpload(request));
  }

  /** Sends a request that there is room for. Those who wait are woken when it is over, whatever came of it. */
  async send(request: AlmaRequest, send: Send): Promise<AlmaResponse> {
    this.#probing.set(isUpload(request), request);
    try {
      return await send(request);
    } finally {
      if (this.has(request)) this.#probing.delete(isUpload(request));
      this.#nextEnd = undefined;
      this.#wake();
    }
  }

  /** Takes those who are ahead for nobody's probes any more: what comes of them says nothing about what begins now. */
  clear(): void {
    this.#probing.clear();
  }

  /** Resolves when the next of those who are ahead is over. */
  nextEnd(): Promise<void> {
    this.#nextEnd ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#nextEnd;
  }
}
