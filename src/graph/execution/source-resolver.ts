import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  TypeNameMetaFieldDef,
} from "graphql";

/** Reads the value of a field from its object alone. */
export type ReadSource = (source: never) => unknown;

const sourceResolvers = new WeakSet<object>();

/**
 * Declares that a resolver looks at nothing but its source: it is called without arguments, context and info, whose
 * making would cost more than the value.
 */
export function ofSource<R extends ReadSource>(resolver: R): R {
  sourceResolvers.add(resolver);
  return resolver;
}

/**
 * A field whose resolver looks at nothing but its source. graphql-tools binds a resolver that is given as a function,
 * which makes another one of it, and leaves one that is given in an object as it is.
 */
export const sourceField = <R extends ReadSource>(resolve: R): { readonly resolve: R } => ({
  resolve: ofSource(resolve),
});

/** How a field of an object type is read from its object alone; undefined if its resolver may need more. */
export function sourceReaderOf(
  definition: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
): ((source: unknown) => unknown) | undefined {
  const { name, resolve = defaultFieldResolver } = definition;
  if (definition === TypeNameMetaFieldDef) return () => parentType.name;
  if (resolve === defaultFieldResolver)
    return (source) =>
      typeof source === "object" && source !== null ? source[name as keyof typeof source] : undefined;
  // Safe: the resolver is the one of the object's type.
  const read: unknown = resolve;
  return sourceResolvers.has(resolve) ? (read as (source: unknown) => unknown) : undefined;
}
