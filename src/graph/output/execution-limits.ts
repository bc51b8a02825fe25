/** The limits of one execution: size of the answer, CPU, errors, time, and yielding. */
export interface ExecutionLimits {
  /** Runs synchronous work and measures its CPU time. */
  charge<T>(work: () => T): T;
  /** Counts bytes of the answer. Throws if it is too large, which ends the execution. */
  addBytes(bytes: number): void;
  /** Returns whether to yield to other work. */
  shouldYield(): boolean;
  /** Lets other work run. Rejects if the execution must end. */
  yieldToOthers(): Promise<void>;
  /** Whether the execution failed as a whole, so that field errors no longer matter. */
  readonly hasFailed: boolean;
  /** Counts a field error and returns the error to report. */
  countFieldError(error: unknown): unknown;
}

/** A yield to other work. `error`: why the execution must not continue after it. */
export interface Turn {
  readonly error?: unknown;
}

/** Runs work after a promise, and after a yield if one is due: thousands of promises may resolve together. */
export function resume<T>(limits: ExecutionLimits, work: () => T): T | Promise<Awaited<T>> {
  if (!limits.shouldYield()) return limits.charge(work);
  return continueAfterTurn(limits, ({ error }) => {
    if (error !== undefined) throw error;
    return work();
  });
}

/** Work of one execution that waits for a turn, in order of arrival. */
interface Queue {
  readonly waiting: ((turn: Turn) => void)[];
  turn: Promise<Turn> | undefined;
}

const queues = new WeakMap<ExecutionLimits, Queue>();

/**
 * Yields, then continues the execution. Each waiter is resumed once, in order of arrival: resuming all after each turn
 * would take longer than the turn.
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
  // More waiters may arrive while these are resumed.
  for (const resumeWork of queue.waiting) {
    let turn: Turn = {};
    // Other operations may have used up this turn.
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
