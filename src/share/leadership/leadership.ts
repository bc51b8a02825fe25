/** Milliseconds for which a leader that leaves goes on with a mutation of many writes. */
export const LEAVING_LEADER_TIME = 5_000;

/** The process that leads, as seen from another one. */
export interface Leader {
  /** What it published of itself: its listener for peers, signed by it. Only the room `peer` reads it. */
  readonly address: string;
  /** The random token of the term in which it leads. */
  readonly term: string;
  /** Whether it has read everything. */
  readonly isWarm: boolean;
}

/**
 * Who answers, where several processes share a store. Without a store there is none of it: the process answers
 * everything itself.
 */
export interface Leadership {
  /**
   * Whether this process leads and its lease holds at this moment, by its own clock: only then it answers from memory,
   * reads Alma and writes.
   */
  hasLease(): boolean;
  /** The same, and it does not leave: a leader that leaves begins no mutation, and ends those under way. */
  beginsMutations(): boolean;
  /** Whether this process leads and leaves: another one leads once the mutations under way have ended. */
  leaves(): boolean;
  /** The token of the term in which this process leads; undefined while it does not. */
  term(): string | undefined;
  /** The process that leads, as far as this one knows, which may be itself; undefined if none does. */
  leader(): Leader | undefined;
  /**
   * Whether this process can answer queries that accept data of any age, though none leads: it has a copy of what the
   * last leader knew, and knows how old that is at most.
   */
  answersStale(): boolean;
  /**
   * Calls back after each change of what the methods above return, except that of `hasLease` by mere time. Returns a
   * function that ends that.
   */
  onChange(listener: () => void): () => void;
}

/** What is kept in the store of mutations that were forwarded, for an hour. */
export interface ForwardingMarks {
  /**
   * Whether the mutation with this forwarding id has stored an intent, and so may have written. Rejects if the store
   * cannot tell. The answer is final once the term under which the mutation was forwarded is over: intents of old terms
   * are refused.
   */
  find(forwardingId: string): Promise<boolean>;
}
