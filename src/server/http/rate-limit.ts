import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { createErrorBody } from "./error-response.ts";

const maxBuckets = 10_000;

/**
 * A bucket for each caller, which holds as many operations as it may ask for in a minute and fills again at that rate.
 * Gives the seconds to wait if it is empty, else undefined.
 */
export function createRateLimiter(perMinute: number, now: () => number = () => performance.now()) {
  const buckets = new LRUCache<string, { tokens: number; refilledAt: number }>({ max: maxBuckets });
  const perMillisecond = perMinute / 60_000;
  return (caller: string): number | undefined => {
    const time = now();
    const bucket = buckets.get(caller) ?? { tokens: perMinute, refilledAt: time };
    buckets.set(caller, bucket);
    bucket.tokens = Math.min(perMinute, bucket.tokens + (time - bucket.refilledAt) * perMillisecond);
    bucket.refilledAt = time;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perMillisecond / 1000));
    bucket.tokens -= 1;
    return undefined;
  };
}

/** Lets each key and token subject ask for so many operations a minute; beyond, it gets 429. A fastify hook. */
export function limitRate(perMinute: number) {
  const takeToken = createRateLimiter(perMinute);
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const retryAfter = request.caller ? takeToken(request.caller.id) : undefined;
    if (retryAfter === undefined) {
      done();
      return;
    }
    const message = `This key has asked for more than ${perMinute} operations a minute (RATE_LIMIT). Try again in ${retryAfter} s.`;
    reply.code(429).header("retry-after", retryAfter).send(createErrorBody("RATE_LIMITED", message));
  };
}
