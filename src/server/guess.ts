import { LRUCache } from "lru-cache";

const allowed = 20;
const window = 60_000;

/**
 * Counts wrong keys and tokens by the address that they come from. Right ones are always let in: keys are too long to
 * be found by trying, so this only keeps the noise down.
 */
export function createGuessLimit(now: () => number = () => performance.now()) {
  const wrong = new LRUCache<string, { count: number; readonly since: number }>({ max: 10_000 });
  /** Notes a wrong one. The seconds to wait if there were too many within a minute, else undefined. */
  return (address: string): number | undefined => {
    const at = now();
    const seen = wrong.get(address);
    const current = seen && at - seen.since < window ? seen : { count: 0, since: at };
    current.count += 1;
    wrong.set(address, current);
    return current.count > allowed ? Math.ceil((current.since + window - at) / 1000) : undefined;
  };
}
