/** A stored idempotency key, as JSON. */
export interface StoredKey {
  readonly fingerprint: string;
  /**
   * "begun": nothing was sent yet, so the key is free unless a process is working on it. "sent": a call was sent, and
   * its outcome is not recorded. "final": the outcome is known. "undecided": it is unknown.
   */
  readonly state: "begun" | "sent" | "undecided" | "final";
  readonly answer?: unknown;
  /** The mutation that used the key. */
  readonly mutation?: string;
  /** The fingerprint of the record before the write. */
  readonly before?: string;
  /** How long the key is stored, in milliseconds; 24 hours by default. */
  readonly keptFor?: number;
}

/** Stores values by name, as JSON, for all processes. All methods reject with AlmaError. */
export interface StoredValues {
  /** Finds a value. `ms`: the remaining milliseconds until it may be deleted. */
  find(name: string): Promise<{ readonly value: unknown; readonly ms: number } | undefined>;
  /** Stores a value. `ms`: the shortest time for which it is stored, counted while gateways run. */
  keep(name: string, value: unknown, ms: number): Promise<void>;
  forget(name: string): Promise<void>;
}

/** The code of an outcome whose details were erased together with its client. */
export const FORGOTTEN = "FORGOTTEN";

/** Stores idempotency keys for all processes. Both methods reject with AlmaError. */
export interface StoredKeys {
  /** The values that capabilities store. */
  readonly values: StoredValues;
  find(key: string): Promise<StoredKey | undefined>;
  /** Stores a key; without a value, deletes it. */
  keep(key: string, kept: StoredKey | undefined): Promise<void>;
}
