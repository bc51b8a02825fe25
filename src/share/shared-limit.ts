import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { SharedStore } from "./shared-store.ts";

/** Counts an event of a key; returns the seconds to wait if there were too many, else undefined. */
export type Count = (key: string) => number | undefined | Promise<number | undefined>;

/** Milliseconds for which a process counts alone after the engine has failed, so that requests do not wait for it. */
const aloneTime = 5_000;

/**
 * Counts what all processes get together: `points` events of a key in the minute that begins with the first. While the
 * engine cannot be asked, `countAlone` decides, of this process.
 */
export function createSharedLimit(
  store: SharedStore,
  name: string,
  points: number,
  countAlone: Count,
): Count {
  const limiter = new RateLimiterRedis({
    storeClient: store,
    useRedisPackage: true,
    keyPrefix: name,
    points,
    duration: 60,
    // A key that is over its limit is not asked for again until its minute ends.
    inMemoryBlockOnConsumed: points + 1,
  });
  let aloneUntil = Number.NEGATIVE_INFINITY;
  return async (key) => {
    if (performance.now() < aloneUntil) return countAlone(key);
    try {
      await limiter.consume(key);
      return undefined;
    } catch (error) {
      if (error instanceof RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      aloneUntil = performance.now() + aloneTime;
      return countAlone(key);
    }
  };
}
