import type { QueryResolvers, Scope } from "./generated.ts";

/** `Query.viewer`: who asks. The answer is for this caller alone, and is not given to others with the same scopes. */
export const viewer: QueryResolvers["viewer"] = (_parent, _args, { operation, request, scopes }) => {
  operation.basis.refuse();
  const { name = null, expires = null } = request.caller ?? {};
  return {
    name,
    // Safe: the server gives callers no other scopes than those of the schema.
    scopes: [...scopes] as Scope[],
    expires: expires === null ? null : new Date(expires),
  };
};
