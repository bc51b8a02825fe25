import { getDirective } from "@graphql-tools/utils";
import { type GraphQLSchema, isObjectType } from "graphql";

/** The scopes other than READ that fields require, by coordinate: `Client.email`. */
export type ScopeByField = ReadonlyMap<string, string>;

/** Collects the required scopes from the `@requiresScope` directives of the schema. */
export function collectRequiredScopes(schema: GraphQLSchema): ScopeByField {
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
 * Whether a field's value is hidden where it is shown without being selected, such as in the changes of a sync. Secrets
 * are always hidden, other values unless the caller has the scope.
 */
export function isHidden(
  requiredScopes: ScopeByField,
  typeName: string,
  field: string,
  scopes: ReadonlySet<string>,
): boolean {
  const scope = requiredScopes.get(`${typeName}.${field}`);
  return scope !== undefined && (scope === "SECRETS" || !scopes.has(scope));
}
