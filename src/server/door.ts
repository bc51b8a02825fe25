import type { FastifyReply, FastifyRequest } from "fastify";
import { type Authenticate, Stranger } from "./authentication.ts";
import { createGuessLimit } from "./guess.ts";
import { addressOf } from "./proxy.ts";
import { refusal } from "./refusal.ts";
import type { Caller } from "./scope.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null on routes that ask for no key. */
    caller: Caller | null;
  }
}

/** A fastify hook. */
export type Door = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/**
 * Lets known callers in before their body is read, and puts them on the request. Others get 401, or 429 after too many
 * wrong keys from one address. `passes` are requests that need no key.
 */
export function createDoor(
  authenticate: Authenticate,
  passes: (request: FastifyRequest) => boolean = () => false,
): Door {
  const guess = createGuessLimit();

  function refuse(stranger: Stranger, request: FastifyRequest, reply: FastifyReply) {
    const wait = stranger.tried ? guess(addressOf(request.ip)) : undefined;
    if (wait !== undefined) {
      const message = `Too many wrong keys or tokens came from this address. Try again in ${wait} s.`;
      return reply.code(429).header("retry-after", wait).send(refusal("UNAUTHENTICATED", message));
    }
    if (stranger.status === 401) reply.header("www-authenticate", 'Bearer realm="alma-gateway"');
    else reply.header("retry-after", 5);
    return reply.code(stranger.status).send(refusal("UNAUTHENTICATED", stranger.message));
  }

  return (request, reply, done) => {
    if (passes(request)) return done();
    const enter = (found: Caller | Stranger) => {
      if (found instanceof Stranger) return void refuse(found, request, reply);
      request.caller = found;
      done();
    };
    const found = authenticate(request.headers);
    // Only a token takes time; a key is known at once.
    if (found instanceof Promise) void found.then(enter);
    else enter(found);
  };
}
