import { LRUCache } from "lru-cache";
import { RefusedRequest } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

const MAX_BUCKETS = 10_000;

/**
 * Creates a token bucket per caller that holds the operations of one minute. The returned function takes a token, or
 * returns the seconds to wait if the bucket is empty.
 */
export function createRateLimiter(perMinute: number) {
  const buckets = new LRUCache<string, { tokens: number; refilledAt: number }>({ max: MAX_BUCKETS });
  const perMillisecond = perMinute / 60_000;
  return (caller: string): number | undefined => {
    const time = performance.now();
    const bucket = buckets.get(caller) ?? { tokens: perMinute, refilledAt: time };
    buckets.set(caller, bucket);
    bucket.tokens = Math.min(perMinute, bucket.tokens + (time - bucket.refilledAt) * perMillisecond);
    bucket.refilledAt = time;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perMillisecond / 1000));
    bucket.tokens -= 1;
    return undefined;
  };
}

/**
 * Returns a Fastify hook that limits each caller's operations per minute; further requests get 429. `isCounted`:
 * whether this process counts them, or the process to which it forwards them.
 */
export function limitRate(perMinute: number, isCounted: () => boolean): RequestHook {
  const take = createRateLimiter(perMinute);
  return ({ caller }, reply, done) => {
    const retryAfter = caller && isCounted() ? take(caller.id) : undefined;
    if (retryAfter === undefined) return done();
    const message = `This key has sent more than ${perMinute} operations a minute (RATE_LIMIT). Try again in ${retryAfter} s.`;
    new RefusedRequest(429, "RATE_LIMITED", message, { retryAfter }).send(reply);
  };
}
