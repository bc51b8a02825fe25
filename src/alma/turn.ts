/** Does pieces of work in the order of arrival, at most so many at once. */
export function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (work) => {
    if (underWay < most) underWay++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A place that becomes free passes to the next one without being given up in between.
      const next = waiting.shift();
      if (next) next();
      else underWay--;
    }
  };
}
