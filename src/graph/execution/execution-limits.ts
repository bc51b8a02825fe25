/** What limits one execution: the size of its answer, other work of the process, its CPU, its errors and its time. */
export interface ExecutionLimits {
  /** Does synchronous work and measures its CPU. */
  charge<T>(work: () => T): T;
  /** Counts bytes of the answer, as JSON. Throws if it has too many: the execution then ends. */
  addBytes(bytes: number): void;
  /** Whether other work of the process is due before the execution goes on. */
  shouldYield(): boolean;
  /** Lets other work of the process run. Rejects if the execution has to end. */
  yieldToOthers(): Promise<void>;
  /** Counts a field error. Returns the error to report for it. */
  countFieldError(error: unknown): unknown;
}

/** Limits nothing. */
export const unlimited: ExecutionLimits = {
  charge: (work) => work(),
  addBytes() {},
  shouldYield: () => false,
  yieldToOthers: () => Promise.resolve(),
  countFieldError: (error) => error,
};

/** A turn that others had; `error` says why the execution may not go on after it. */
export interface Turn {
  readonly error?: unknown;
}

/** Lets other work of the process run. Never rejects. */
export const giveTurn = (limits: ExecutionLimits): Promise<Turn> =>
  limits.yieldToOthers().then(
    () => ({}),
    (error: unknown) => ({ error }),
  );
