import type { IncomingMessage } from "node:http";

/** Ends what answers a request that is left over. */
export class IsLeftOver extends Error {}

/**
 * The requests that this process has begun to answer as the leader, and could not, since it leads no longer: queries,
 * and mutations of which nothing was sent. The next leader is asked in its place.
 */
export class LeftOver {
  readonly #requests = new WeakMap<IncomingMessage, boolean>();

  note(request: IncomingMessage, isMutation: boolean): void {
    this.#requests.set(request, isMutation);
  }

  /** Throws `IsLeftOver` if a request is among them. */
  check(request: IncomingMessage): void {
    if (this.#requests.has(request)) throw new IsLeftOver();
  }

  /** Whether a request is among them, and if so, whether it is a mutation; then it is so no longer. */
  take(request: IncomingMessage): "query" | "mutation" | undefined {
    const isMutation = this.#requests.get(request);
    this.#requests.delete(request);
    return isMutation === undefined ? undefined : isMutation ? "mutation" : "query";
  }
}
