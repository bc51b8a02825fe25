/** What is kept of a key beyond this process, as JSON. */
export interface StoredKey {
  readonly fingerprint: string;
  /**
   * "begun": nothing was sent yet, so that the key is free if nobody works on it. "sent": a process has sent something,
   * and has not told what became of it. The others, with the answer: whether that decides what became of it.
   */
  readonly state: "begun" | "sent" | "undecided" | "final";
  readonly answer?: unknown;
  /** The mutation that it is used for. */
  readonly mutation?: string;
  /** Of what was sent: the fingerprint of what the record showed before. */
  readonly before?: string;
  /** Milliseconds for which it is kept; 24 hours if left out. */
  readonly keptFor?: number;
}

/** Keeps values by name, as JSON, where other processes find them. All reject with AlmaError. */
export interface StoredValues {
  /** `ms`: for how many milliseconds it is still kept. */
  find(name: string): Promise<{ readonly value: unknown; readonly ms: number } | undefined>;
  /** `ms`: for so many milliseconds, at least: they are counted while gateways run. */
  keep(name: string, value: unknown, ms: number): Promise<void>;
  forget(name: string): Promise<void>;
}

/** Keeps keys where other processes find them. Both reject with AlmaError. */
export interface StoredKeys {
  /** What is kept of jobs. */
  readonly jobs: StoredValues;
  find(key: string): Promise<StoredKey | undefined>;
  /** Keeps a key; without a value, forgets it. */
  keep(key: string, kept: StoredKey | undefined): Promise<void>;
}
