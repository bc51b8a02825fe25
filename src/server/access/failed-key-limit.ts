import { LRUCache } from "lru-cache";

/** Wrong keys of an address in a minute, before it is told to wait. */
const maxFailures = 20;
const windowMs = 60_000;

/**
 * Counts wrong keys and tokens by address. Valid keys and tokens are accepted whatever the count: keys are too long to
 * be guessed, so the limit only reduces noise.
 */
export function createFailedKeyLimit(now: () => number = () => performance.now()) {
  const failuresByAddress = new LRUCache<string, { count: number; readonly since: number }>({
    // Not `max`, which takes the memory for as many at once.
    maxSize: 10_000,
    sizeCalculation: () => 1,
  });
  /** Counts a failure. Returns the seconds to wait if the address had too many within a minute, else undefined. */
  return (address: string): number | undefined => {
    const time = now();
    const previous = failuresByAddress.get(address);
    const current = previous && time - previous.since < windowMs ? previous : { count: 0, since: time };
    current.count += 1;
    failuresByAddress.set(address, current);
    return current.count > maxFailures ? Math.ceil((current.since + windowMs - time) / 1000) : undefined;
  };
}
