import type { Sharing } from "../../src/server/index.ts";

/** A process among others, as its gateway sees it. */
export interface Member extends Sharing {
  /** Publishes the address at which the others reach it. */
  start(peerAddress: string): void;
  /** The address that it has published. */
  readonly address: string;
}

/** Decides by hand which of several gateways leads, in place of a store. At first the first member does. */
export class Cluster {
  /** The forwarding ids of mutations that have stored an intent. */
  readonly marks = new Set<string>();
  /** Whether the store can tell whether there is a mark. */
  isReachable = true;
  /** Whether the members can answer from their copies while none leads. */
  areCopiesKnown = false;
  /** Whether operations have sent something to Alma. */
  hasSent = false;
  readonly members: Member[] = [];
  readonly #listeners = new Set<() => void>();
  #leader: number | undefined = 0;
  #term = 1;
  #isLeaving = false;

  /** How many wait for a change. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Adds a member, the first of which leads. `publish` replaces the address that it has published. */
  join(publish: (peerAddress: string) => string = (address) => address): Member {
    const index = this.members.length;
    const leads = () => this.#leader === index;
    let address = "";
    const member: Member = {
      get address() {
        return address;
      },
      start(peerAddress) {
        address = publish(peerAddress);
      },
      leadership: {
        hasLease: leads,
        beginsMutations: () => leads() && !this.#isLeaving,
        leaves: () => leads() && this.#isLeaving,
        term: () => (leads() ? this.#termText() : undefined),
        leader: () => {
          // As with the store, the leader sees itself.
          const leader = this.members[this.#leader ?? -1];
          return leader && { address: leader.address, term: this.#termText(), isWarm: true };
        },
        answersStale: () => this.areCopiesKnown,
        onChange: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      marks: {
        find: async (forwardingId) => {
          if (!this.isReachable) throw new Error("The store is not reachable.");
          return this.marks.has(forwardingId);
        },
      },
    };
    this.members.push(member);
    return member;
  }

  /** Lets a member lead from now on, in a new term; undefined: nobody. */
  lead(index: number | undefined): void {
    this.#leader = index;
    this.#isLeaving = false;
    if (index !== undefined) this.#term += 1;
    this.#announce();
  }

  /** Lets the leader begin no mutation any more. */
  leave(): void {
    this.#isLeaving = true;
    this.#announce();
  }

  #termText(): string {
    return `term ${this.#term}`;
  }

  #announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
