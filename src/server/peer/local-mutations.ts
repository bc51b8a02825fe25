import type { IncomingMessage } from "node:http";

/** Milliseconds between two looks at what is under way. */
const LOOK_INTERVAL = 20;

/**
 * The requests answered here that are mutations, or may turn out to be. One is let in as such while this process leads
 * and does not leave; a leader that leaves waits for them before it lets another process lead.
 */
export class LocalMutations {
  /** Those that were let in, and are not executed yet. */
  readonly #admitted = new Set<IncomingMessage>();
  #executing = 0;

  /** Notes a request, in the same turn in which it was decided that it is answered here. */
  admit(request: IncomingMessage): void {
    this.#admitted.add(request);
  }

  /** Notes that a request is no mutation, or is over. */
  release(request: IncomingMessage): void {
    this.#admitted.delete(request);
  }

  /** Notes that a mutation is executed from now on, be its caller there or not. Returns what to call at its end. */
  begin(request: IncomingMessage): () => void {
    this.#admitted.delete(request);
    this.#executing++;
    return () => {
      this.#executing--;
    };
  }

  /** Resolves when there are none. Requests whose body has not come count for `patience` milliseconds. */
  async whenNone(patience: number): Promise<void> {
    const until = performance.now() + patience;
    const counts = ({ complete }: IncomingMessage) => complete || performance.now() < until;
    while (this.#executing > 0 || [...this.#admitted].some(counts))
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL));
  }
}
