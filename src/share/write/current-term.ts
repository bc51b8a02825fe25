import { StoreUnreachableError } from "../../store/index.ts";
import type { Runtime } from "../clock/runtime.ts";
import type { Term } from "../replication/term.ts";
import { noLeaderError } from "./write-errors.ts";

/** In milliseconds. */
const TERM_RETRY_DELAY = 50;

/** Options of the current term. Times in milliseconds. */
export interface CurrentTermOptions {
  readonly runtime: Runtime;
  /** LEADER_WAIT: how long a write waits for the lease and the store. */
  readonly leaderWait: number;
}

/** The current term of this process, and whether a write may begin in it. Waits if the lease or the store is late. */
export class CurrentTerm {
  readonly #options: CurrentTermOptions;
  term: Term | undefined;

  constructor(options: CurrentTermOptions) {
    this.#options = options;
  }

  /** Resolves with the term. Waits for its lease if the renewal is late. Throws NO_LEADER. */
  async whenLeading(): Promise<Term> {
    const { runtime, leaderWait } = this.#options;
    const until = runtime.now() + leaderWait;
    for (;;) {
      const { term } = this;
      if (term?.hasLease()) return term;
      if (!term || runtime.now() >= until) throw noLeaderError("this process no longer leads");
      await runtime.sleep(TERM_RETRY_DELAY);
    }
  }

  /** Resolves with the term if writes may begin in it. Throws NO_LEADER. */
  async open(): Promise<Term> {
    const term = await this.whenLeading();
    if (term.refusesWrites()) throw noLeaderError("this process is being stopped");
    const seconds = Math.ceil(term.writesIn() / 1000);
    if (seconds > 0)
      throw noLeaderError(
        `the store that all processes share has lost its latest data, so writes wait for ${seconds} s more`,
        seconds,
      );
    return term;
  }

  /** Repeats an idempotent step of the store until it answers, the term ends, or LEADER_WAIT has passed. */
  async retry<T>(term: Term, step: (token: string) => Promise<T>): Promise<T> {
    const { runtime, leaderWait } = this.#options;
    const until = runtime.now() + leaderWait;
    for (;;) {
      try {
        return await step(term.token);
      } catch (error) {
        if (!(error instanceof StoreUnreachableError)) term.publisher.sender.noteRefusal(error as Error);
        const isFutile = this.term !== term || runtime.now() >= until;
        if (!(error instanceof StoreUnreachableError) || isFutile) throw error;
        await runtime.sleep(TERM_RETRY_DELAY);
      }
    }
  }
}
