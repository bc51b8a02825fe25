/** What limits one execution: the size of its answer, other work of the process, its CPU, its errors and its time. */
export interface ExecutionLimits {
  /** Does synchronous work of the execution and measures its CPU. */
  charge<T>(work: () => T): T;
  /** Counts bytes of the answer, as JSON. Throws if it has too many: the execution then ends. */
  addBytes(bytes: number): void;
  /** Whether other work of the process is due before the execution goes on. */
  shouldYield(): boolean;
  /** Lets other work of the process run. Rejects if the execution has to end. */
  yieldToOthers(): Promise<void>;
  /** Whether the execution has failed as a whole, so that errors of fields are no longer shown. */
  readonly hasFailed: boolean;
  /** Counts a field error. Returns the error to report for it. */
  countFieldError(error: unknown): unknown;
}

/** Limits nothing. */
export const unlimited: ExecutionLimits = {
  charge: (work) => work(),
  hasFailed: false,
  addBytes() {},
  shouldYield: () => false,
  yieldToOthers: () => Promise.resolve(),
  countFieldError: (error) => error,
};

/** A turn that others had; `error` says why the execution may not go on after it. */
export interface Turn {
  readonly error?: unknown;
}

/** Does work after a promise, and after a turn of others if one is due: thousands of promises may resolve together. */
export function resume<T>(limits: ExecutionLimits, work: () => T): T | Promise<Awaited<T>> {
  if (!limits.shouldYield()) return limits.charge(work);
  return continueAfterTurn(limits, ({ error }) => {
    if (error !== undefined) throw error;
    return work();
  });
}

/** Work of one execution that waits for a turn, in the order in which it came. */
interface Queue {
  readonly waiting: ((turn: Turn) => void)[];
  /** The turn that others have now. */
  turn: Promise<Turn> | undefined;
}

const queues = new WeakMap<ExecutionLimits, Queue>();

/**
 * Lets other work of the process run, and then does work of the execution. Of thousands that wait, each is resumed once
 * and in the order in which they came: resuming all after each turn would take longer than the turn.
 */
export function continueAfterTurn<T>(limits: ExecutionLimits, work: (turn: Turn) => T): Promise<Awaited<T>> {
  return new Promise((resolve, reject) => {
    const resumeWork = (turn: Turn) => {
      try {
        resolve(limits.charge(() => work(turn)) as Awaited<T>);
      } catch (error) {
        reject(error);
      }
    };
    const queue = queues.get(limits);
    if (!queue) return void resumeInOrder(limits, { waiting: [resumeWork], turn: undefined });
    queue.waiting.push(resumeWork);
    queue.turn ??= giveTurnIfDue(limits);
  });
}

async function resumeInOrder(limits: ExecutionLimits, queue: Queue) {
  queues.set(limits, queue);
  // More may come to wait while these are resumed.
  for (const resumeWork of queue.waiting) {
    let turn: Turn = {};
    // Of all that waited for a turn, others may have used it up before this continues.
    while (turn.error === undefined) {
      queue.turn ??= giveTurnIfDue(limits);
      if (!queue.turn) break;
      turn = await queue.turn;
      queue.turn = undefined;
    }
    resumeWork(turn);
  }
  queues.delete(limits);
}

function giveTurnIfDue(limits: ExecutionLimits): Promise<Turn> | undefined {
  if (!limits.shouldYield()) return undefined;
  return limits.yieldToOthers().then(
    () => ({}),
    (error: unknown) => ({ error }),
  );
}
