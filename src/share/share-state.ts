/** The state of one of several processes, for metrics and readiness. */
export interface ShareState {
  readonly role: "leader" | "standby";
  /** Whether it leads and its lease holds: of all processes, no two at once. */
  readonly hasLease: boolean;
  /** Whether the store has answered last. */
  readonly isStoreUp: boolean;
  /** Whether the store refuses values of this leader, as it does while it is full. */
  readonly isRefused: boolean;
  /** What is wrong with the store that this process leads with, in words for operators. */
  readonly storeProblem?: string;
  /** How many commits a standby has still to apply. */
  readonly lag: number;
  /** How many terms this process has begun. */
  readonly terms: number;
  /** Whether it leads and knows everything, or has a copy of what the leader knows and reaches the store. */
  readonly isReady: boolean;
}
