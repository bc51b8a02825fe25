import { StoreUnreachable } from "../../store/index.ts";
import type { Runtime } from "../clock/runtime.ts";
import type { Term } from "../replication/term.ts";
import { notSent } from "./write-errors.ts";

/** Milliseconds. */
const RETRY_DELAY = 50;

/** What the steps of a term are taken with. Times in milliseconds. */
export interface CurrentTermOptions {
  readonly runtime: Runtime;
  /** LEADER_WAIT: for so long, a write waits for the lease and for the store. */
  readonly leaderWait: number;
}

/** The term in which writes are begun now, if there is one. */
export class CurrentTerm {
  readonly #options: CurrentTermOptions;
  term: Term | undefined;

  constructor(options: CurrentTermOptions) {
    this.#options = options;
  }

  /** The term. Where a renewal of its lease is late, waits for that. */
  async held(): Promise<Term> {
    const { runtime, leaderWait } = this.#options;
    const until = runtime.now() + leaderWait;
    for (;;) {
      const { term } = this;
      if (term?.hasLease()) return term;
      if (!term || runtime.now() >= until) throw notSent("this process no longer leads");
      await runtime.sleep(RETRY_DELAY);
    }
  }

  /** The same, if writes may begin in it. */
  async open(): Promise<Term> {
    const term = await this.held();
    if (term.isLeaving()) throw notSent("this process is being stopped");
    const seconds = Math.ceil(term.writesIn() / 1000);
    if (seconds > 0)
      throw notSent(
        `the store that all processes share has lost what it was told last, so that writes wait for ${seconds} s more`,
        seconds,
      );
    return term;
  }

  /** Takes a step of the store again while that gives no answer and the term is not over: each can be taken twice. */
  async insist<T>(term: Term, step: () => Promise<T>): Promise<T> {
    const { runtime, leaderWait } = this.#options;
    const until = runtime.now() + leaderWait;
    for (;;) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) term.publisher.sender.noteRefusal(error as Error);
        const isFutile = this.term !== term || runtime.now() >= until;
        if (!(error instanceof StoreUnreachable) || isFutile) throw error;
        await runtime.sleep(RETRY_DELAY);
      }
    }
  }
}
