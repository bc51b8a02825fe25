import type {
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preParsingHookHandler,
  preValidationHookHandler,
} from "fastify";

/** A Fastify hook that looks at a request before its body: it answers the request, or calls `done`. */
export type RequestHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/** What Fastify does with the requests of a route before its handler. */
export interface RouteHooks {
  /** Authenticate and limit callers; they set `request.caller`. */
  readonly onRequest: onRequestHookHandler[];
  /** Bound the body, and hand on to the leader. */
  readonly preParsing: preParsingHookHandler[];
  /** Takes a place. */
  readonly preValidation?: preValidationHookHandler;
}
