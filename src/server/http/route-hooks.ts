import type {
  FastifyContextConfig,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preParsingHookHandler,
  preValidationHookHandler,
} from "fastify";

/** A Fastify hook that runs before the body is read: it sends a response or calls `done`. */
export type RequestHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a 429 or 503 of this route counts as throttled. */
    readonly countsThrottled?: boolean;
    /** Whether this route never receives a mutation. */
    readonly isReadOnly?: boolean;
    /** The maximum length of its body in bytes, if it differs from MAX_BODY. */
    readonly maxBody?: number;
  }
}

/** The `config` of a route whose 429 and 503 responses count as throttled. */
export const throttledConfig = { countsThrottled: true };

/** The Fastify hooks that run before the handler of a route. */
export interface RouteHooks {
  readonly config: FastifyContextConfig;
  /** Authenticate and rate-limit callers, and set `request.caller`. */
  readonly onRequest: onRequestHookHandler[];
  /** Limit the body, and forward requests to the leader. */
  readonly preParsing: preParsingHookHandler[];
  /** Takes an operation slot. */
  readonly preValidation?: preValidationHookHandler;
}
