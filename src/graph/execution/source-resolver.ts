import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  TypeNameMetaFieldDef,
} from "graphql";

/** Reads the value of a field from its object alone. */
type ReadSource = (source: never) => unknown;

/** A source whose fields follow from an object that never changes: its version. */
export interface VersionedSource {
  /** Shows the version at a level, as if fields were read; undefined if they have to be read one by one. */
  showVersion(level: number): object | undefined;
}

/** With the level of a `VersionedSource` at which they are known, for resolvers of its fields. */
const sourceResolvers = new WeakMap<object, number | undefined>();

/**
 * Declares that a resolver looks at nothing but its source: it is called without arguments, context and info, whose
 * making would cost more than the value. With a `level`, the source is a `VersionedSource`, and the resolver gives the
 * same while its version is the same.
 */
export function ofSource<R extends ReadSource>(resolver: R, level?: number): R {
  sourceResolvers.set(resolver, level);
  return resolver;
}

/**
 * A field whose resolver looks at nothing but its source. graphql-tools binds a resolver that is given as a function,
 * which makes another one of it, and leaves one that is given in an object as it is.
 */
export const sourceField = <R extends ReadSource>(resolve: R, level?: number): { readonly resolve: R } => ({
  resolve: ofSource(resolve, level),
});

/** The level that `ofSource` was told. */
export const levelOf = ({ resolve }: GraphQLField<unknown, unknown>): number | undefined =>
  resolve && sourceResolvers.get(resolve);

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
