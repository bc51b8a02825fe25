import {
  type ConstDirectiveNode,
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
import { type Scope, scopes } from "./scope.ts";

/** Which scopes the elements of a schema need, as `@requiresScope` and the rules for roots and records say. */
export interface Annotations {
  /** A field of an object type or an interface. On an interface: what any of its types would need. */
  field(parent: GraphQLNamedType, name: string): readonly Scope[];
  /** A field of an input object, or a value of an enum; usually none. */
  inside(type: GraphQLNamedType, name: string): Scope | undefined;
  /** Whether a value of this type can hold anything that needs a scope. */
  guarded(type: GraphQLInputType): boolean;
}

interface Annotated {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

/** The scope of one element's own `@requiresScope`. */
export function scopeOf({ astNode }: Annotated): Scope | undefined {
  const directive = astNode?.directives?.find(({ name }) => name.value === "requiresScope");
  const value = directive?.arguments?.find(({ name }) => name.value === "scope")?.value;
  return value?.kind === "EnumValue" ? scopes.find((scope) => scope === value.value) : undefined;
}

/**
 * Reads a schema's annotations, once. Beside them: every field of Query needs READ and every field of Mutation WRITE
 * unless it says otherwise, and whatever a mutation gives back of a record needs READ as well.
 */
export function readAnnotations(schema: GraphQLSchema): Annotations {
  const fields = new Map<string, readonly Scope[]>();
  const insides = new Map<string, Scope>();
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));

  const rootScope = (type: GraphQLNamedType, field: GraphQLField<unknown, unknown>) => {
    if (scopeOf(field)) return undefined;
    if (type === schema.getQueryType()) return "READ";
    return type === schema.getMutationType() ? "WRITE" : undefined;
  };
  const isRecord = (type: GraphQLNamedType) =>
    type.name === "Node" ||
    ((isObjectType(type) || isInterfaceType(type)) &&
      type.getInterfaces().some(({ name }) => name === "Node"));

  for (const type of types) {
    if (isEnumType(type))
      for (const value of type.getValues()) note(insides, `${type.name}.${value.name}`, scopeOf(value));
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields()))
        note(insides, `${type.name}.${field.name}`, scopeOf(field));
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const family = [
      type,
      ...type.getInterfaces(),
      ...(isInterfaceType(type) ? schema.getPossibleTypes(type) : []),
    ];
    for (const [name, field] of Object.entries(type.getFields())) {
      const own = family.map((relative) => relative.getFields()[name]).map((each) => each && scopeOf(each));
      const all = new Set([...own, rootScope(type, field), isRecord(type) ? "READ" : undefined]);
      all.delete(undefined);
      if (all.size > 0) fields.set(`${type.name}.${name}`, [...all] as Scope[]);
    }
  }

  // Input types that hold a guarded element, directly or through others: grown until nothing is added.
  const holders = new Set([...insides.keys()].map((key) => key.slice(0, key.indexOf("."))));
  for (let before = -1; before !== holders.size; ) {
    before = holders.size;
    for (const type of types.filter(isInputObjectType)) {
      const inner = Object.values(type.getFields()).map((field) => getNamedType(field.type).name);
      if (inner.some((name) => holders.has(name))) holders.add(type.name);
    }
  }

  return {
    field: (parent, name) => fields.get(`${parent.name}.${name}`) ?? [],
    inside: (type, name) => insides.get(`${type.name}.${name}`),
    guarded: (type) => holders.has(getNamedType(type).name),
  };
}

function note(map: Map<string, Scope>, key: string, scope: Scope | undefined): void {
  if (scope) map.set(key, scope);
}
