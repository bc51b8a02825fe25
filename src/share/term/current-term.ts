import type { LastingStore } from "../../store/index.ts";
import { StoreUnreachable } from "../../store/index.ts";
import type { Publisher } from "./publisher.ts";
import { notSent } from "./refused-write.ts";
import type { Runtime } from "./runtime.ts";

/** Milliseconds. */
const RETRY_DELAY = 50;

/** The term in which writes are begun. */
export interface WritingTerm {
  readonly token: string;
  readonly publisher: Publisher;
  hasLease(): boolean;
  /** Milliseconds until writes may begin. */
  writesIn(): number;
  /** Whether this process has been leaving for so long that further writes are left to the next leader. */
  isLeaving(): boolean;
  /** Notes that the store says that the term is over. */
  lose(): void;
}

/** What the steps of a term are taken with. Times in milliseconds. */
export interface TermOptions {
  readonly store: LastingStore;
  readonly runtime: Runtime;
  /** LEADER_WAIT: for so long, a write waits for the lease and for the store. */
  readonly leaderWait: number;
}

/** The term in which writes are begun now, if there is one. */
export class CurrentTerm {
  readonly #options: TermOptions;
  term: WritingTerm | undefined;

  constructor(options: TermOptions) {
    this.#options = options;
  }

  /** The term. Where a renewal of its lease is late, waits for that. */
  async held(): Promise<WritingTerm> {
    const until = this.#options.runtime.now() + this.#options.leaderWait;
    for (;;) {
      const term = this.term;
      if (term?.hasLease()) return term;
      if (!term || this.#options.runtime.now() >= until) throw notSent("this process leads no longer");
      await this.#options.runtime.sleep(RETRY_DELAY);
    }
  }

  /** The same, if writes may begin in it. */
  async open(): Promise<WritingTerm> {
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
  async insist<T>(term: WritingTerm, step: () => Promise<T>): Promise<T> {
    const until = this.#options.runtime.now() + this.#options.leaderWait;
    for (;;) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) term.publisher.noteRefusal(error as Error);
        const isFutile = this.term !== term || this.#options.runtime.now() >= until;
        if (!(error instanceof StoreUnreachable) || isFutile) throw error;
        await this.#options.runtime.sleep(RETRY_DELAY);
      }
    }
  }
}
