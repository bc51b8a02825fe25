import { getDirective } from "@graphql-tools/utils";
import { type GraphQLSchema, isObjectType } from "graphql";

/** The scopes that fields of records need beside READ, by `Client.email`. */
export type RequiredScopes = ReadonlyMap<string, string>;

/** Reads from the schema which fields of records need a scope of their own. */
export function collectRequiredScopes(schema: GraphQLSchema): RequiredScopes {
  const requiredScopes = new Map<string, string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const [directive] = getDirective(schema, field, "requiresScope") ?? [];
      const scope: unknown = directive?.scope;
      if (typeof scope === "string" && scope !== "READ")
        requiredScopes.set(`${type.name}.${field.name}`, scope);
    }
  }
  return requiredScopes;
}

/**
 * Whether a value of a record's field is not to be shown where fields are not asked for by name: secrets never are,
 * personal data only to those who may see it.
 */
export function isHidden(
  requiredScopes: RequiredScopes,
  typeName: string,
  field: string,
  scopes: ReadonlySet<string>,
): boolean {
  const scope = requiredScopes.get(`${typeName}.${field}`);
  return scope !== undefined && (scope === "SECRETS" || !scopes.has(scope));
}
