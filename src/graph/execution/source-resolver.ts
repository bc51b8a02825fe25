import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  TypeNameMetaFieldDef,
} from "graphql";

/** Reads the value of a field from its object alone. */
type ReadSource = (source: never) => unknown;

/** A source whose fields are derived from an immutable object, its version. */
export interface VersionedSource {
  /** Its number among the sources of its type, for caches; another source may get it later. -1 without one. */
  readonly slot: number;
  /** Returns the version at a level and records its fields as read. Undefined if the fields must be read one by one. */
  showVersion(level: number): object | undefined;
}

/** The level of a `VersionedSource` at which the value is known, by resolver. */
const sourceResolvers = new WeakMap<object, number | undefined>();

/**
 * Declares a field whose resolver uses only its source. It is called without arguments, context and info, which would
 * cost more to create than the value. With a `level`, the source is a `VersionedSource` and the result depends only on
 * its version. Returns an object: graphql-tools binds resolvers that are functions, which creates new ones.
 */
export function sourceField<R extends ReadSource>(resolve: R, level?: number): { readonly resolve: R } {
  sourceResolvers.set(resolve, level);
  return { resolve };
}

/** Returns the level passed to `sourceField`. */
export const levelOf = ({ resolve }: GraphQLField<unknown, unknown>): number | undefined =>
  resolve && sourceResolvers.get(resolve);

/** Returns a function that reads a field from its object alone, or undefined if its resolver may need more. */
export function sourceReaderOf(
  definition: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
): ((source: unknown) => unknown) | undefined {
  const { name, resolve = defaultFieldResolver } = definition;
  if (definition === TypeNameMetaFieldDef) return () => parentType.name;
  if (resolve === defaultFieldResolver)
    return (source) =>
      typeof source === "object" && source !== null ? source[name as keyof typeof source] : undefined;
  // Safe: the resolver belongs to the object's type.
  const read: unknown = resolve;
  return sourceResolvers.has(resolve) ? (read as (source: unknown) => unknown) : undefined;
}
