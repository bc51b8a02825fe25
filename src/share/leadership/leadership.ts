/** How long, in milliseconds, a stopping leader continues a mutation with many writes. */
export const LEAVING_LEADER_TIME = 5_000;

/** The process that leads, as seen by another one. */
export interface Leader {
  /** The address of its listener for other processes, signed by it. Only `server/peer` reads it. */
  readonly address: string;
  /** The random token of its term. */
  readonly term: string;
  /** Whether its catalog is filled. */
  readonly isWarm: boolean;
}

/** Tells which process answers, if several share a store. A single process has no `Leadership` and answers itself. */
export interface Leadership {
  /**
   * Returns whether this process leads and its lease is valid now, by its own clock. Only then it answers from memory,
   * reads Alma and writes.
   */
  hasLease(): boolean;
  /** Like `hasLease`, but false while the process is stopping: it then finishes mutations, but begins none. */
  beginsMutations(): boolean;
  /** Returns whether this process leads and is stopping. Another one leads when its mutations have ended. */
  leaves(): boolean;
  /** Returns the token of the term that this process leads; undefined while it does not lead. */
  term(): string | undefined;
  /** Returns the leading process, which may be this one, as far as known; undefined if there is none. */
  leader(): Leader | undefined;
  /**
   * Prepares to answer queries that accept data of any age while no process leads. Returns whether this process can: it
   * has a copy of the last leader's data and knows its maximum age.
   */
  beginStaleAnswers(): boolean;
  /**
   * Calls back after each change of the results above, except when `hasLease` becomes false by expiry. Returns a
   * function that stops this.
   */
  onChange(listener: () => void): () => void;
}

/** The stored marks of forwarded mutations, kept for an hour. */
export interface ForwardingMarks {
  /**
   * Returns whether the mutation with this forwarding id has stored an intent to write, and so may have written.
   * Rejects if the store does not answer. False is final once the term in which the mutation was forwarded has ended,
   * because the store refuses later intents of that term.
   */
  find(forwardingId: string): Promise<boolean>;
}
