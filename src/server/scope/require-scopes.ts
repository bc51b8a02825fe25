import { createErrorBody } from "../http/error-response.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import type { Scope } from "./scope.ts";

/**
 * Returns a Fastify hook that rejects callers without these scopes, and lists those that are missing. `action` starts
 * the message, such as `Uploading a file`.
 */
export function requireScopes(action: string, ...needed: readonly Scope[]): RequestHook {
  return ({ caller }, reply, done) => {
    const missing = needed.filter((scope) => !caller?.scopes.has(scope));
    if (missing.length === 0) return done();
    const names = missing.map((scope) => scope.toLowerCase());
    const message =
      `${action} needs the scope${names.length > 1 ? "s" : ""} ${names.join(" and ")}, which this key does not have. ` +
      `Ask for a key with ${names.length > 1 ? "them" : "it"}.`;
    reply.code(403).send(createErrorBody("FORBIDDEN", message, { missing }));
  };
}
