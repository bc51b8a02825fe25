import { Negotiator } from "@fastify/accept-negotiator";
import type { FastifyInstance } from "fastify";

const plain = "application/json";
const ofGraphql = "application/graphql-response+json";
const negotiator = new Negotiator<typeof plain | typeof ofGraphql>({ supportedValues: [plain, ofGraphql] });

/**
 * Sends the errors of `/graphql` as `application/graphql-response+json` to clients that prefer it, whoever refuses the
 * request: they look for no codes in a plain JSON whose status is not 200. The hook comes before those of routes.
 */
export function negotiateErrors(app: FastifyInstance): void {
  app.addHook("onSend", ({ url, headers: { accept } }, reply, payload, done) => {
    const isPlainError = reply.statusCode >= 400 && String(reply.getHeader("content-type")).startsWith(plain);
    if (isPlainError && accept !== undefined && /^\/graphql(\?|$)/.test(url)) {
      const accepted = accept.toLowerCase().replaceAll(/;(?!\s*q\s*=)[^;,]*/g, "");
      if (negotiator.negotiate(accepted) === ofGraphql)
        reply.header("content-type", `${ofGraphql}; charset=utf-8`);
    }
    done(null, payload);
  });
}
