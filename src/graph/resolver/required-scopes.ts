import { getDirective } from "@graphql-tools/utils";
import { type GraphQLSchema, isObjectType } from "graphql";
import type { Scope } from "../generated.ts";

/** The scopes other than READ that fields of records require, by coordinate: `Client.email`. */
export type ScopeByField = ReadonlyMap<string, Scope>;

/** Collects the required scopes from the `@requiresScope` directives of the schema. */
export function collectRequiredScopes(schema: GraphQLSchema): ScopeByField {
  const requiredScopes = new Map<string, Scope>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const [directive] = getDirective(schema, field, "requiresScope") ?? [];
      const scope = directive?.scope;
      if (scope && scope !== "READ") requiredScopes.set(`${type.name}.${field.name}`, scope);
    }
  }
  return requiredScopes;
}
