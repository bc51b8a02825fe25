import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "../http/error-response.ts";
import { stripPort } from "../http/trusted-proxy.ts";
import { type Authenticate, UnauthenticatedCaller } from "./authentication.ts";
import { createFailedKeyLimit } from "./failed-key-limit.ts";
import type { Caller } from "./scope.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The authenticated caller; null on routes without authentication. */
    caller: Caller | null;
  }
}

/** A Fastify `onRequest` hook that authenticates the caller. */
export type AuthHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/**
 * Creates a hook that authenticates the caller before the body is read and sets `request.caller`. An unauthenticated
 * caller gets 401, 429 after too many wrong keys from its address, or 503 if its token cannot be checked. Requests that
 * `isPublic` accepts need no key.
 */
export function createAuthHook(
  authenticate: Authenticate,
  isPublic: (request: FastifyRequest) => boolean = () => false,
): AuthHook {
  const countFailure = createFailedKeyLimit();

  function reject(unauthenticated: UnauthenticatedCaller, request: FastifyRequest, reply: FastifyReply) {
    const retryAfter = unauthenticated.countsAsFailure ? countFailure(stripPort(request.ip)) : undefined;
    if (retryAfter !== undefined) {
      const message = `Too many wrong keys or tokens came from this address. Try again in ${retryAfter} s.`;
      return reply
        .code(429)
        .header("retry-after", retryAfter)
        .send(createErrorBody("UNAUTHENTICATED", message));
    }
    if (unauthenticated.status === 401) reply.header("www-authenticate", 'Bearer realm="alma-gateway"');
    else reply.header("retry-after", 5);
    return reply
      .code(unauthenticated.status)
      .send(createErrorBody("UNAUTHENTICATED", unauthenticated.message));
  }

  return (request, reply, done) => {
    if (isPublic(request)) return done();
    const admit = (result: Caller | UnauthenticatedCaller) => {
      if (result instanceof UnauthenticatedCaller) return void reject(result, request, reply);
      request.caller = result;
      done();
    };
    const authenticated = authenticate(request.headers);
    // Only tokens are verified asynchronously.
    if (authenticated instanceof Promise) void authenticated.then(admit);
    else admit(authenticated);
  };
}
