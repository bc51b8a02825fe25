import { type GraphQLInputType, getNamedType, isInputObjectType } from "graphql";
import type { SchemaScopes } from "./schema-scopes.ts";
import type { Scope } from "./scope.ts";

/** Calls `onRequiredScope` for each element of a variable's value that needs a scope. */
export function visitVariableValue(
  schemaScopes: SchemaScopes,
  value: unknown,
  type: GraphQLInputType,
  onRequiredScope: (scope: Scope, element: string) => void,
): void {
  if (value === null || value === undefined || !schemaScopes.hasScopedElements(type)) return;
  const named = getNamedType(type);
  if (Array.isArray(value)) {
    for (const element of value) visitVariableValue(schemaScopes, element, type, onRequiredScope);
  } else if (isInputObjectType(named) && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      const scope = schemaScopes.elementScope(named, key);
      if (scope && inner !== undefined) onRequiredScope(scope, `${named.name}.${key}`);
      const definition = named.getFields()[key];
      if (definition) visitVariableValue(schemaScopes, inner, definition.type, onRequiredScope);
    }
  } else if (typeof value === "string") {
    const scope = schemaScopes.elementScope(named, value);
    if (scope) onRequiredScope(scope, `${named.name}.${value}`);
  }
}
