import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { refusal } from "./refusal.ts";

/**
 * Turns away pages of other sites, which can send a form without asking first: browsers say which site it is. `doing`
 * is what they may not do, such as `upload files`. A fastify hook.
 */
export function sameSite({ corsOrigins }: Config, doing: string) {
  return ({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { origin, host } = headers;
    const own = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
    if (own || corsOrigins.includes(origin) || corsOrigins.includes("*")) {
      done();
      return;
    }
    const message = `Pages of this site may not ${doing}. Its operator has to allow it (CORS_ORIGINS).`;
    reply.code(403).send(refusal("FORBIDDEN", message));
  };
}
