import { type ConstDirectiveNode, type GraphQLSchema, isObjectType } from "graphql";
import type { Scope } from "../generated.ts";

/** A type, field, argument or enum value of the schema. */
export interface AnnotatedElement {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

/** Returns the scopes of an element's own `@requiresScope` directives. A field may have several. */
export function scopesOf({ astNode }: AnnotatedElement): readonly Scope[] {
  return (astNode?.directives ?? []).flatMap(({ name, arguments: values = [] }) => {
    const value = values.find((argument) => argument.name.value === "scope")?.value;
    // Safe: the schema was validated.
    return name.value === "requiresScope" && value?.kind === "EnumValue" ? [value.value as Scope] : [];
  });
}

/** The scope, other than READ, of record fields by coordinate: `Client.email`. */
export type ScopeByField = ReadonlyMap<string, Scope>;

/** Collects the scopes of fields. A record field has at most one besides READ. */
export function collectRequiredScopes(schema: GraphQLSchema): ScopeByField {
  const requiredScopes = new Map<string, Scope>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const scope = scopesOf(field).find((one) => one !== "READ");
      if (scope) requiredScopes.set(`${type.name}.${field.name}`, scope);
    }
  }
  return requiredScopes;
}
