import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from "graphql";
import { type AnnotatedElement, scopesOf } from "../../graph/index.ts";
import type { Scope } from "./scope.ts";

/** Returns whether the value of a field depends on the caller beyond scopes (`@perCaller`). */
export const isPerCaller = ({ astNode }: AnnotatedElement): boolean =>
  astNode?.directives?.some(({ name }) => name.value === "perCaller") === true;

/**
 * Reads the directives of a schema and adds two rules. A root field without a directive needs READ in Query, unless it
 * concerns the caller, and WRITE in Mutation. Every field of a record needs READ, even in the payload of a mutation.
 */
export function readSchemaScopes(schema: GraphQLSchema) {
  const fieldScopes = new Map<string, readonly Scope[]>();
  const elementScopes = new Map<string, Scope>();
  const setElementScope = (key: string, element: AnnotatedElement) => {
    const [scope] = scopesOf(element);
    if (scope) elementScopes.set(key, scope);
  };
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));

  const rootScopes = (type: GraphQLNamedType, field: GraphQLField<unknown, unknown>) => {
    if (scopesOf(field).length > 0 || isPerCaller(field)) return [];
    if (type === schema.getQueryType()) return ["READ" as const];
    return type === schema.getMutationType() ? ["WRITE" as const] : [];
  };
  const isRecord = (type: GraphQLNamedType) =>
    type.name === "Node" ||
    ((isObjectType(type) || isInterfaceType(type)) &&
      type.getInterfaces().some(({ name }) => name === "Node"));

  for (const type of types) {
    if (isEnumType(type))
      for (const value of type.getValues()) setElementScope(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields()))
        setElementScope(`${type.name}.${field.name}`, field);
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const relatedTypes = [
      type,
      ...type.getInterfaces(),
      ...(isInterfaceType(type) ? schema.getPossibleTypes(type) : []),
    ];
    const recordScopes = isRecord(type) ? ["READ" as const] : [];
    for (const [name, field] of Object.entries(type.getFields())) {
      const declaredScopes = relatedTypes.flatMap((relatedType) =>
        scopesOf(relatedType.getFields()[name] ?? {}),
      );
      const allScopes = [...declaredScopes, ...rootScopes(type, field), ...recordScopes];
      if (allScopes.length > 0) fieldScopes.set(`${type.name}.${name}`, [...new Set(allScopes)]);
    }
  }

  // Input types that contain a scoped element, directly or through other input types. Repeats until none is added.
  const scopedInputTypes = new Set([...elementScopes.keys()].map((key) => key.slice(0, key.indexOf("."))));
  for (let previousSize = -1; previousSize !== scopedInputTypes.size; ) {
    previousSize = scopedInputTypes.size;
    for (const type of types.filter(isInputObjectType)) {
      const fieldTypes = Object.values(type.getFields()).map((field) => getNamedType(field.type).name);
      if (fieldTypes.some((name) => scopedInputTypes.has(name))) scopedInputTypes.add(type.name);
    }
  }

  return {
    /**
     * Returns the scopes of a field of an object type or interface, including those of related interfaces and
     * types.
     */
    fieldScopes: (parent: GraphQLNamedType, name: string) => fieldScopes.get(`${parent.name}.${name}`) ?? [],
    /** Returns the scope of an input field or enum value. */
    elementScope: (type: GraphQLNamedType, name: string) => elementScopes.get(`${type.name}.${name}`),
    /** Returns whether a value of this type can contain an element that needs a scope. */
    hasScopedElements: (type: GraphQLInputType) => scopedInputTypes.has(getNamedType(type).name),
  };
}

/** The scopes of a schema's elements, by `@requiresScope` and the rules for root fields and records. */
export type SchemaScopes = ReturnType<typeof readSchemaScopes>;
