import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "../http/error-response.ts";

/**
 * Returns a Fastify hook that rejects callers without the scope `write` before their body is read. `action` starts the
 * message, such as `Uploading a file`.
 */
export function requireWriteScope(action: string) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (request.caller?.scopes.has("WRITE")) {
      done();
      return;
    }
    const message = `${action} needs the scope write, which this key does not have. Ask for a key with it.`;
    reply.code(403).send(createErrorBody("FORBIDDEN", message));
  };
}
