/**
 * Locks by key, per process: runs a task once no other task holds any of the keys. Tasks that share a key run one at a
 * time, in the order in which they ask for that key. The keys are locked in sorted order, so that two tasks cannot wait
 * for each other.
 */
export function createKeyedLock() {
  const tails = new Map<string, Promise<void>>();

  function runExclusiveOn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (tails.get(key) ?? Promise.resolve()).then(task);
    const tail = result.then(
      () => {},
      () => {},
    );
    tails.set(key, tail);
    tail.then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    return result;
  }

  return function runExclusive<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const [key, ...rest] = [...new Set(keys)].sort();
    return key === undefined ? task() : runExclusiveOn(key, () => runExclusive(rest, task));
  };
}

export type KeyedLock = ReturnType<typeof createKeyedLock>;
