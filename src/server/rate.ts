import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { refusal } from "./refusal.ts";

const remembered = 10_000;

/**
 * A bucket for each caller, which holds as many operations as it may ask for in a minute and fills again at that rate.
 * Gives the seconds to wait if it is empty, else undefined.
 */
export function createRate(perMinute: number, now: () => number = () => performance.now()) {
  const buckets = new LRUCache<string, { left: number; at: number }>({ max: remembered });
  const perMillisecond = perMinute / 60_000;
  return (caller: string): number | undefined => {
    const at = now();
    const bucket = buckets.get(caller) ?? { left: perMinute, at };
    buckets.set(caller, bucket);
    bucket.left = Math.min(perMinute, bucket.left + (at - bucket.at) * perMillisecond);
    bucket.at = at;
    if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / perMillisecond / 1000));
    bucket.left -= 1;
    return undefined;
  };
}

/** Lets each key and token subject ask for so many operations a minute; beyond, it gets 429. A fastify hook. */
export function limitRate(perMinute: number) {
  const take = createRate(perMinute);
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const wait = request.caller ? take(request.caller.id) : undefined;
    if (wait === undefined) {
      done();
      return;
    }
    const message = `This key has asked for more than ${perMinute} operations a minute (RATE_LIMIT). Try again in ${wait} s.`;
    reply.code(429).header("retry-after", wait).send(refusal("RATE_LIMITED", message));
  };
}
