import type { onRequestHookHandler, preParsingHookHandler, preValidationHookHandler } from "fastify";

/** What Fastify does with the requests of a route before its handler. */
export interface RouteHooks {
  /** Authenticate and limit callers; they set `request.caller`. */
  readonly onRequest: onRequestHookHandler[];
  /** Bound the body, and hand on to the leader. */
  readonly preParsing: preParsingHookHandler[];
  /** Takes a place. */
  readonly preValidation?: preValidationHookHandler;
}
