import type {
  FastifyContextConfig,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preParsingHookHandler,
  preValidationHookHandler,
} from "fastify";

/** A Fastify hook that looks at a request before its body: it answers the request, or calls `done`. */
export type RequestHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a 429 or 503 of this route counts as a request that the gateway has throttled. */
    readonly countsThrottled?: boolean;
    /** Whether nothing that is sent to this route is a mutation. */
    readonly isReadOnly?: boolean;
    /** Bytes of its longest body, where these are not MAX_BODY. */
    readonly maxBody?: number;
  }
}

/** The `config` of a route whose requests may be throttled. */
export const throttled = { countsThrottled: true } as const;

/** What Fastify does with the requests of a route before its handler. */
export interface RouteHooks {
  readonly config: FastifyContextConfig;
  /** Authenticate and limit callers; they set `request.caller`. */
  readonly onRequest: onRequestHookHandler[];
  /** Bound the body, and forward to the leader. */
  readonly preParsing: preParsingHookHandler[];
  /** Takes a place. */
  readonly preValidation?: preValidationHookHandler;
}
