import type {
  FastifyContextConfig,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preParsingHookHandler,
  preValidationHookHandler,
} from "fastify";

/** A Fastify hook before the body: answers the request, or calls `done`. */
export type RequestHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a 429 or 503 of this route counts as throttled. */
    readonly countsThrottled?: boolean;
    /** Whether this route never receives a mutation. */
    readonly isReadOnly?: boolean;
    /** Bytes of its longest body, where these are not MAX_BODY. */
    readonly maxBody?: number;
  }
}

/** The `config` of a route whose requests may be throttled. */
export const throttled = { countsThrottled: true } as const;

/** The Fastify hooks that run before the handler of a route. */
export interface RouteHooks {
  readonly config: FastifyContextConfig;
  /** Authenticate and limit callers; they set `request.caller`. */
  readonly onRequest: onRequestHookHandler[];
  /** Bound the body, and forward to the leader. */
  readonly preParsing: preParsingHookHandler[];
  /** Takes a place. */
  readonly preValidation?: preValidationHookHandler;
}
