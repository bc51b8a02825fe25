import type { FastifyReply, FastifyRequest } from "fastify";
import type { AlmaErrorCode } from "../../alma/index.ts";
import { jsonTypes, preferredType } from "./media-type.ts";

/**
 * Step of a response: sends the errors of `/graphql` as `application/graphql-response+json` to clients that prefer it.
 * These clients ignore error codes in plain JSON with a status other than 200.
 */
export function negotiateError(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.statusCode < 400 || !/^\/graphql(\?|$)/.test(request.url)) return;
  const [plain, ofGraphql] = jsonTypes;
  if (!String(reply.getHeader("content-type")).startsWith(plain)) return;
  if (preferredType(request, jsonTypes) === ofGraphql)
    reply.header("content-type", `${ofGraphql}; charset=utf-8`);
}

/** Details of an error besides its code. `retryAfter`: in seconds. */
type ErrorDetails = Readonly<Record<string, unknown>> & { readonly retryAfter?: number };

/** The refusal of a request: hooks send it, handlers throw it. The message is for the caller. */
export class RefusedRequest extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(statusCode: number, code: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.details = details;
  }

  /** Sends the refusal as the response. */
  send(reply: FastifyReply): FastifyReply {
    const { code, message, details } = this;
    if (details.retryAfter !== undefined) reply.header("retry-after", details.retryAfter);
    return reply.code(this.statusCode).send(createErrorBody(code, message, details));
  }
}

/** Creates a GraphQL response with one error and no data. `details` are added to its extensions. */
export function createErrorBody(code: string, message: string, details: ErrorDetails = {}) {
  return { errors: [{ message, extensions: { code, ...details } }] };
}

/** Creates the refusal at an address that a setting disables. */
export const disabledError = (what: string, setting: string): RefusedRequest =>
  new RefusedRequest(404, "NOT_FOUND", disabledMessage(what, setting));

/** Says which setting disables a feature. */
export const disabledMessage = (what: string, setting: string): string =>
  `${what} disabled at this gateway by the setting ${setting}. Ask the operator if you need it.`;

/**
 * The HTTP statuses of error codes: 503 or 504 for most conditions that pass, so that programs repeat the request.
 * Every code of an AlmaError has one, and the code of a user error that routes also answer with.
 */
const statuses: Readonly<Record<AlmaErrorCode | "OUTCOME_UNKNOWN", number>> = {
  BAD_USER_INPUT: 400,
  LIMIT_EXCEEDED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  ALMA_REFUSED_KEY: 502,
  ALMA_REFUSED_RECORD: 502,
  ALMA_BAD_ANSWER: 502,
  OUTCOME_UNKNOWN: 502,
  ALMA_UNAVAILABLE: 503,
  ALMA_THROTTLED: 503,
  CALL_BUDGET_EXCEEDED: 503,
  AMBIGUOUS_REF: 409,
  CURSOR_EXPIRED: 410,
  NOT_KNOWN_THEN: 404,
  CATALOG_WARMING: 503,
  OVERLOADED: 503,
  OVERLAPPED: 503,
  NO_LEADER: 503,
  WRITE_UNSETTLED: 503,
  DEADLINE_EXCEEDED: 504,
  INTERNAL_SERVER_ERROR: 500,
};

/** Returns the HTTP status for an error code on routes other than /graphql; 500 for other codes. */
export const statusOfCode = (code: string): number =>
  Object.hasOwn(statuses, code) ? statuses[code as keyof typeof statuses] : 500;
