import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  TypeNameMetaFieldDef,
} from "graphql";

/** Reads the value of a field from its object alone. */
export type ReadSource = (source: never) => unknown;

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

const linkLevels = new WeakMap<object, number>();

/**
 * A field whose source is a `VersionedSource`, and whose value is another one, or null. Which one it is depends on the
 * version of the source, known at a `level`, and on the version of the other.
 */
export function linkField<R extends object>(resolve: R, level: number): { readonly resolve: R } {
  linkLevels.set(resolve, level);
  return { resolve };
}

/** The level that `linkField` was told; undefined for other fields. */
export const linkLevelOf = ({ resolve }: GraphQLField<unknown, unknown>): number | undefined =>
  resolve && linkLevels.get(resolve);

/** Whether the objects of a type are each a `VersionedSource`. */
export const isVersioned = (type: GraphQLObjectType): boolean =>
  Object.values(type.getFields()).some(
    ({ resolve }) => resolve && sourceResolvers.get(resolve) !== undefined,
  );

/** How a field is read from its object alone. */
export interface SourceReader {
  readonly read: (source: unknown) => unknown;
  /** As `ofSource` was told. */
  readonly level: number | undefined;
}

/** How a field of an object type is read from its object alone; undefined if its resolver may need more. */
export function sourceReaderOf(
  definition: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
): SourceReader | undefined {
  const { name, resolve = defaultFieldResolver } = definition;
  if (definition === TypeNameMetaFieldDef) return { read: () => parentType.name, level: undefined };
  if (resolve === defaultFieldResolver)
    return {
      read: (source) =>
        typeof source === "object" && source !== null ? source[name as keyof typeof source] : undefined,
      level: undefined,
    };
  if (!sourceResolvers.has(resolve)) return undefined;
  // Safe: the resolver is the one of the object's type.
  const read: unknown = resolve;
  return { read: read as SourceReader["read"], level: sourceResolvers.get(resolve) };
}
