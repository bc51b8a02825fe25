import type { IncomingHttpHeaders } from "node:http";
import type { Config } from "../../config/index.ts";
import { createErrorBody } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

/**
 * Headers that a page of another origin cannot send without a preflight. A GET or a form needs one of them.
 */
export const preflightHeaders = [
  "authorization",
  "x-api-key",
  "apollo-require-preflight",
  "x-apollo-operation-name",
];

/**
 * Returns whether a request has one of them. Basic does not count: browsers send it unasked, also for other
 * origins' pages.
 */
export const hasPreflightHeader = (headers: IncomingHttpHeaders): boolean =>
  preflightHeaders.some(
    (name) =>
      headers[name] !== undefined && headers[name] !== "" && !(name === "authorization" && isBasic(headers)),
  );

/** Returns whether a request has credentials of the scheme Basic. */
export const isBasic = ({ authorization = "" }: IncomingHttpHeaders): boolean =>
  /^\s*Basic\b/i.test(authorization);

/**
 * A Fastify hook for routes that do not accept Basic: treats it as absent, also for Apollo Server's CSRF
 * prevention.
 */
export const ignoreBasic: RequestHook = ({ headers }, _reply, done) => {
  if (isBasic(headers)) delete headers.authorization;
  done();
};

/**
 * Returns a Fastify hook that rejects pages of other origins: they can send a form without a preflight, and browsers
 * name their origin. `action` completes "Pages of this site may not …", such as `upload files`.
 */
export function rejectCrossOrigin({ corsOrigins }: Config, action: string): RequestHook {
  return ({ headers }, reply, done) => {
    const { origin = "" } = headers;
    if (isOwnOrigin(headers) || corsOrigins.includes(origin) || corsOrigins.includes("*")) return done();
    const message = `Pages of this site may not ${action}. Its operator has to allow it (CORS_ORIGINS).`;
    reply.code(403).send(createErrorBody("FORBIDDEN", message));
  };
}

/** Returns whether a request comes from a page of this server, or from no page. */
export const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
