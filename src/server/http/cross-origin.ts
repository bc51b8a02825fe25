import type { IncomingHttpHeaders } from "node:http";
import type { Config } from "../../config/index.ts";
import { createErrorBody } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

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

/** Whether a request comes from a page of this server, or from no page. */
export const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
