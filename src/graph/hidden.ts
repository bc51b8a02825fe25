import { getDirective } from "@graphql-tools/utils";
import { type GraphQLSchema, isObjectType } from "graphql";

/** The scopes that fields of records need beside READ, by `Client.email`. */
export type Hiding = ReadonlyMap<string, string>;

/** Reads from the schema which fields of records need a scope of their own. */
export function hidingOf(schema: GraphQLSchema): Hiding {
  const hiding = new Map<string, string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const [directive] = getDirective(schema, field, "requiresScope") ?? [];
      const scope: unknown = directive?.scope;
      if (typeof scope === "string" && scope !== "READ") hiding.set(`${type.name}.${field.name}`, scope);
    }
  }
  return hiding;
}

/**
 * Whether a value of a record's field is not to be shown where fields are not asked for by name: secrets never are,
 * personal data only to those who may see it.
 */
export function isHidden(
  hiding: Hiding,
  typeName: string,
  field: string,
  scopes: ReadonlySet<string>,
): boolean {
  const scope = hiding.get(`${typeName}.${field}`);
  return scope !== undefined && (scope === "SECRETS" || !scopes.has(scope));
}
