/** Does pieces of work in the order of arrival, at most so many at once. */
export function limitConcurrency(max: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running < max) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A place that becomes free passes to the next one without being given up in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
