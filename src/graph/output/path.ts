import type { GraphQLError, GraphQLResolveInfo } from "graphql";

/** The response path of a value, from its last key to the root. GraphQL: "Path". */
export type Path = GraphQLResolveInfo["path"];

/** The field errors of an answer. GraphQL: "Handling Field Errors". */
export class FieldErrors {
  readonly errors: GraphQLError[] = [];
  /** The paths that an error made null; undefined is the path of the whole answer. */
  readonly #nullPaths = new Set<Path | undefined>();

  /** Adds an error that makes the value at a path null, unless something above it is null already. */
  add(error: GraphQLError, path: Path | undefined): void {
    if (this.#nullPaths.has(undefined)) return;
    for (let ancestor = path; ancestor; ancestor = ancestor.prev) if (this.#nullPaths.has(ancestor)) return;
    this.#nullPaths.add(path);
    this.errors.push(error);
  }
}
