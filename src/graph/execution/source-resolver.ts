import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  TypeNameMetaFieldDef,
} from "graphql";

/** Reads the value of a field from its object alone. */
export type ReadSource = (source: never) => unknown;

/** An object whose fields stay as they are while its version does. */
export interface VersionedSource {
  /** Its place among the objects of its type; negative if it has none. */
  readonly slot: number;
  /** Its version, which is thereby shown at a level; undefined if its fields of this level are to be read one by one. */
  showVersion(level: number): number | undefined;
}

/** With the level of a `VersionedSource` at which they are known, for resolvers of its fields. */
const sourceResolvers = new WeakMap<ReadSource, number | undefined>();

/**
 * Declares that a resolver looks at nothing but its source: it is called without arguments, context and info, whose
 * making would cost more than the value. With a `level`, the source is a `VersionedSource`, and the resolver gives the same
 * while its version is the same.
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
  // Safe: the resolver is the one of the object's type.
  const read: unknown = resolve;
  if (!sourceResolvers.has(read as ReadSource)) return undefined;
  return { read: read as SourceReader["read"], level: sourceResolvers.get(read as ReadSource) };
}
