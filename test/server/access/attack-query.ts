import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { readSchemaScopes } from "../../../src/server/scope/schema-scopes.ts";
import type { Scope } from "../../../src/server/scope/scope.ts";
import { allTypeDefs } from "../../support/schema.ts";

export const schema = buildSchema(allTypeDefs());
const annotations = readSchemaScopes(schema);

/** The scopes that a field needs in addition to READ and WRITE. */
export const guards = (type: GraphQLNamedType, field: string): readonly Scope[] =>
  annotations.fieldScopes(type, field).filter((scope) => scope === "PERSONAL" || scope === "SECRETS");

/** A field of an object type that needs more than READ. */
export interface Guarded {
  readonly type: GraphQLObjectType;
  readonly field: string;
  readonly scope: Scope;
}

export const objects = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith("__"));

export const guarded: readonly Guarded[] = objects.flatMap((type) =>
  Object.values(type.getFields()).flatMap((field) =>
    guards(type, field.name).map((scope) => ({ type, field: field.name, scope })),
  ),
);

const scalars: Record<string, string> = {
  ID: '"Client:1"',
  Int: "1",
  String: '"a"',
  Boolean: "true",
  Date: '"2026-01-01"',
  Decimal: '"1"',
  JSON: "1",
};

/** The shortest literal of a type; `deep` keeps one-of inputs to one field. */
export function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return `[${literal(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? "";
  if (!isInputObjectType(type)) return scalars[type.name] ?? '"2026-01-01T00:00:00Z"';
  const fields = Object.values(type.getFields());
  if (type.isOneOf) return "{ almaId: 1 }";
  const needed = fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined);
  return `{ ${needed.map((field) => `${field.name}: ${literal(field.type)}`).join(", ")} }`;
}

function call(field: GraphQLField<unknown, unknown>): string {
  const needed = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  if (needed.length === 0) return field.name;
  return `${field.name}(${needed.map((arg) => `${arg.name}: ${literal(arg.type)}`).join(", ")})`;
}

/** A path from a root field to an object type: the text before and after a selection on that type. */
export interface Way {
  readonly root: string;
  readonly type: GraphQLObjectType;
  readonly before: string;
  readonly after: string;
}

/** The shortest paths from each field of a root type to each object type that it reaches. */
export function ways(root: GraphQLObjectType): Way[] {
  const found: Way[] = [];
  for (const start of Object.values(root.getFields())) {
    const reached = new Set<GraphQLNamedType>();
    let front: { type: GraphQLNamedType; before: string; after: string }[] = [
      { type: getNamedType(start.type), before: call(start), after: "" },
    ];
    while (front.length > 0) {
      const next: typeof front = [];
      for (const { type, before, after } of front) {
        if (reached.has(type) || isLeafType(type)) continue;
        reached.add(type);
        if (isAbstractType(type)) {
          for (const one of schema.getPossibleTypes(type))
            next.push({ type: one, before: `${before} { ... on ${one.name}`, after: `}${after}` });
        }
        if (!isObjectType(type)) continue;
        found.push({ root: start.name, type, before, after });
        for (const field of Object.values(type.getFields())) {
          if (!isLeafType(getNamedType(field.type)))
            next.push({
              type: getNamedType(field.type),
              before: `${before} { ${call(field)}`,
              after: `}${after}`,
            });
        }
      }
      front = next;
    }
  }
  return found;
}

/** The fields of a type whose values a key with READ alone may see. */
export const readable = (type: GraphQLObjectType): string =>
  Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && guards(type, field.name).length === 0)
    .map((field) => call(field))
    .join(" ");
