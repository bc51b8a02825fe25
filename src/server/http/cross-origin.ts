import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";
import { createErrorBody } from "./error-response.ts";

/**
 * Returns a Fastify hook that rejects pages of other origins: they can send a form without a preflight, and browsers
 * name their origin. `action` completes "Pages of this site may not …", such as `upload files`.
 */
export function rejectCrossOrigin({ corsOrigins }: Config, action: string) {
  return ({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { origin = "" } = headers;
    if (isOwnOrigin(headers) || corsOrigins.includes(origin) || corsOrigins.includes("*")) {
      done();
      return;
    }
    const message = `Pages of this site may not ${action}. Its operator has to allow it (CORS_ORIGINS).`;
    reply.code(403).send(createErrorBody("FORBIDDEN", message));
  };
}

/** Whether a request comes from a page of this server, or from no page. */
export const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
