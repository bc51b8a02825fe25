import type { TestSharing } from "../../src/backend-host.ts";

/** A process among others, from its gateway's point of view. */
export interface Member extends TestSharing {
  /** The address that it has published. */
  readonly address: string;
}

/** Decides manually which of several gateways leads, instead of a store. The first member leads initially. */
export class Cluster {
  /** The forwarding ids of mutations with a stored intent. */
  readonly marks = new Set<string>();
  /** Whether the store can look up a mark. */
  isReachable = true;
  /** Whether the members can answer from their copies while there is no leader. */
  areCopiesKnown = false;
  /** Whether operations have sent something to Alma. */
  hasSent = false;
  readonly members: Member[] = [];
  readonly #listeners = new Set<() => void>();
  #leader: number | undefined = 0;
  #term = 1;
  #isLeaving = false;

  /** The number of waiters for a change. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Adds a member; the first one leads. `publish` replaces its published address. */
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
        beginStaleAnswers: () => this.areCopiesKnown,
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

  /** Lets a member lead from now on, in a new term; undefined: no member. */
  lead(index: number | undefined): void {
    this.#leader = index;
    this.#isLeaving = false;
    if (index !== undefined) this.#term += 1;
    this.#announce();
  }

  /** Prevents the leader from starting mutations. */
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
