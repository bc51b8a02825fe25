import { isUpload, type Request, type Response, type Send } from "./send.ts";

/**
 * Who goes ahead while all others wait: one call, and one upload beside it. An upload comes no faster than its sender
 * gives it, so nobody but other uploads waits for one.
 */
export class Probes {
  readonly #ahead = new Map<boolean, Request>();
  #change: Promise<void> | undefined;
  #wake = () => {};

  /** Whether this very request went ahead and is not over. */
  has(request: Request): boolean {
    return this.#ahead.get(isUpload(request)) === request;
  }

  /** Whether nobody of its sort is ahead. */
  hasRoomFor(request: Request): boolean {
    return !this.#ahead.has(isUpload(request));
  }

  /** Sends a request that there is room for. Those who wait are woken when it is over, whatever came of it. */
  async send(request: Request, send: Send): Promise<Response> {
    this.#ahead.set(isUpload(request), request);
    try {
      return await send(request);
    } finally {
      if (this.has(request)) this.#ahead.delete(isUpload(request));
      this.#change = undefined;
      this.#wake();
    }
  }

  /** Takes those who are ahead for nobody's probes any more: what comes of them says nothing about what begins now. */
  forget(): void {
    this.#ahead.clear();
  }

  /** Resolves when the next of those who are ahead is over. */
  over(): Promise<void> {
    this.#change ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#change;
  }
}
