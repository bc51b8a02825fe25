import type { GraphQLError, GraphQLResolveInfo } from "graphql";
import type { JsonPart } from "./json-text.ts";
import type { Pending } from "./pending.ts";

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

/** Takes the items of one list of an answer as they are written; the list itself is then empty in the answer. */
export interface RowSink {
  /** The response path of the list, which is in no other list. */
  readonly path: readonly string[];
  /** Takes the JSON text of the next item; a promise if it is not known yet. A rejected one ends the execution. */
  add(item: string | Promise<string>): void;
}

/** Whether the items of the list at a path are the sink's. */
export function takesItemsAt({ path: keys }: RowSink, path: Path): boolean {
  let ancestor: Path | undefined = path;
  for (let index = keys.length - 1; index >= 0; index--) {
    if (ancestor?.key !== keys[index]) return false;
    ancestor = ancestor?.prev;
  }
  return ancestor === undefined;
}

/** Gives the sink an item. Returns the promise of its place in the answer, which is empty, if it is pending. */
export function addItem(sink: RowSink, item: JsonPart | Pending): Pending | undefined {
  if (!(item instanceof Promise)) {
    sink.add(joined(item));
    return undefined;
  }
  const text = item.then(joined);
  sink.add(text);
  return text.then(() => "");
}

function joined(part: JsonPart): string {
  const text = typeof part === "string" ? part : part.map(joined).join("");
  // Looking at a character makes one text of what was joined, while it is still in the processor's cache.
  text.charCodeAt(0);
  return text;
}
