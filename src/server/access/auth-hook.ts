import type { FastifyReply, FastifyRequest } from "fastify";
import { RefusedRequest } from "../http/error-response.ts";
import { stripPort } from "../http/gateway-address.ts";
import { createRateLimiter } from "../http/rate-limit.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import type { Caller } from "../scope/scope.ts";
import { type Authenticate, UnauthenticatedCaller } from "./authentication.ts";

/** The number of wrong keys per minute after which an address gets 429. */
const MAX_FAILURES = 20;

/**
 * Counts wrong keys and tokens by address. Valid credentials are always accepted: keys are too long to guess, so the
 * limit only reduces noise.
 */
export const createFailedKeyLimit = (): CountFailure => createRateLimiter(MAX_FAILURES);

declare module "fastify" {
  interface FastifyRequest {
    /** The authenticated caller; null on routes without authentication. */
    caller: Caller | null;
  }
}

/** Counts a wrong key from an address. Returns the seconds to wait if there were too many. */
export type CountFailure = (address: string) => number | undefined;

/** The `WWW-Authenticate` of a 401 for a key in a header. */
export const bearerChallenge = 'Bearer realm="alma-gateway"';

/**
 * Creates a hook that authenticates the caller before the body is read and sets `request.caller`.
 * Unauthenticated callers get 401, 429 after too many wrong keys from their address, or 503 if their token
 * cannot be checked. `challenge`: returns the `WWW-Authenticate` of a 401.
 */
export function createAuthHook(
  authenticate: Authenticate,
  countFailure: CountFailure,
  challenge: (request: FastifyRequest) => string = () => bearerChallenge,
): RequestHook {
  return (request, reply, done) => {
    const admit = (result: Caller | UnauthenticatedCaller) => {
      if (result instanceof UnauthenticatedCaller) {
        if (result.statusCode === 401) reply.header("www-authenticate", challenge(request));
        return void rejectCaller(result, countFailure, request, reply);
      }
      request.caller = result;
      done();
    };
    const authenticated = authenticate(request.headers);
    // Only tokens are verified asynchronously.
    if (authenticated instanceof Promise) void authenticated.then(admit);
    else admit(authenticated);
  };
}

/** Rejects an unauthenticated caller, and counts a wrong key, token or link. */
export function rejectCaller(
  refusal: UnauthenticatedCaller,
  countFailure: CountFailure,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const retryAfter = refusal.countsAsFailure ? countFailure(stripPort(request.ip)) : undefined;
  if (retryAfter === undefined) return refusal.send(reply);
  const tooMany = `Too many wrong keys, tokens or links came from this address. Try again in ${retryAfter} s.`;
  reply.removeHeader("www-authenticate");
  return new RefusedRequest(429, "UNAUTHENTICATED", tooMany, { retryAfter }).send(reply);
}
