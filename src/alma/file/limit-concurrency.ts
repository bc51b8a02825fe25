/** Runs tasks in the order of arrival, at most `max` at once. */
export function limitConcurrency(max: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running < max) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A free slot passes to the next task directly, so that no new task can take it.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
