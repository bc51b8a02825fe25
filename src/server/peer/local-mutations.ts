import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** The time between two checks for running mutations, in milliseconds. */
const MUTATION_CHECK_INTERVAL = 20;

/**
 * The requests answered here that are, or may turn out to be, mutations. They are admitted while this process leads and
 * is not stopping. A stopping leader waits for them before it gives up leadership.
 */
export class LocalMutations {
  /** Requests admitted but not yet executed. */
  readonly #admitted = new Set<IncomingMessage>();
  #executing = 0;

  /** Adds a request, in the same turn in which this process decides to answer it. */
  admit(request: IncomingMessage): void {
    this.#admitted.add(request);
  }

  /** Removes a request that is not a mutation or has ended. */
  release(request: IncomingMessage): void {
    this.#admitted.delete(request);
  }

  /** Marks a mutation as executing, even if its caller disconnects. Returns a function to call when it ends. */
  begin(request: IncomingMessage): () => void {
    this.#admitted.delete(request);
    this.#executing++;
    return () => {
      this.#executing--;
    };
  }

  /**
   * Resolves when no mutations are left. Requests whose body has not arrived count for at most `bodyWait` milliseconds.
   */
  async whenNone(bodyWait: number): Promise<void> {
    const until = performance.now() + bodyWait;
    const counts = ({ complete }: IncomingMessage) => complete || performance.now() < until;
    while (this.#executing > 0 || [...this.#admitted].some(counts)) await sleep(MUTATION_CHECK_INTERVAL);
  }
}
