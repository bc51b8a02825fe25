import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "../http/error-response.ts";

/**
 * Turns away callers without the scope `write` before their body is read. `doing` begins the sentence that says so,
 * such as `Uploading a file`. A fastify hook.
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
