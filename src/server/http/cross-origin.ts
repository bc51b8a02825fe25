import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";
import { RefusedRequest } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

/** Headers that a page of another origin cannot send without a preflight. A GET or a form needs at least one. */
export const preflightHeaders = [
  "authorization",
  "x-api-key",
  "apollo-require-preflight",
  "x-apollo-operation-name",
];

/**
 * Returns whether a request has a header that needs a preflight. Basic credentials do not count: browsers send them
 * automatically, even for pages of other origins.
 */
export const hasPreflightHeader = (headers: IncomingHttpHeaders): boolean =>
  preflightHeaders.some(
    (name) =>
      headers[name] !== undefined && headers[name] !== "" && !(name === "authorization" && isBasic(headers)),
  );

/** Returns whether a request has Basic credentials. */
export const isBasic = ({ authorization = "" }: IncomingHttpHeaders): boolean =>
  /^\s*Basic\b/i.test(authorization);

/**
 * A Fastify hook for routes that do not accept Basic credentials: removes them, also for Apollo Server's CSRF
 * prevention.
 */
export const ignoreBasic: RequestHook = ({ headers }, _reply, done) => {
  if (isBasic(headers)) delete headers.authorization;
  done();
};

/**
 * Returns a Fastify hook that rejects requests from pages of other origins, which can send forms without a preflight.
 * `action` completes "Pages of this site may not …", such as `upload files`.
 */
export function rejectCrossOrigin({ corsOrigins }: Config, action: string): RequestHook {
  return (request, reply, done) => {
    const { origin = "" } = request.headers;
    if (isOwnOrigin(request) || corsOrigins.includes(origin) || corsOrigins.includes("*")) return done();
    const message = `Pages of this site may not ${action}. Its operator must allow it (CORS_ORIGINS).`;
    new RefusedRequest(403, "FORBIDDEN", message).send(reply);
  };
}

/** Returns whether a request comes from a page of this server, or from no page. Behind a proxy, its host counts. */
export const isOwnOrigin = ({
  headers: { origin },
  host,
}: Pick<FastifyRequest, "headers" | "host">): boolean =>
  origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
