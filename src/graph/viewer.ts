import type { QueryResolvers, Scope } from "./generated.ts";

/** `Query.viewer`: who asks. */
export const viewer: QueryResolvers["viewer"] = (_parent, _args, { request, scopes }) => {
  const { name = null, expires = null } = request.caller ?? {};
  return {
    name,
    // Safe: the server gives callers no other scopes than those of the schema.
    scopes: [...scopes] as Scope[],
    expires: expires === null ? null : new Date(expires),
  };
};
