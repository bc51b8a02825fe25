import type { GraphQLError, GraphQLResolveInfo } from "graphql";
import type { JsonPart } from "./json-text.ts";
import type { Pending } from "./pending.ts";

/** The response path of a value, from its last key to the root. GraphQL: "Path". */
export type ResponsePath = GraphQLResolveInfo["path"];

/** The field errors of an answer. GraphQL: "Handling Field Errors". */
export class FieldErrors {
  readonly errors: GraphQLError[] = [];
  /** The paths made null by an error; undefined stands for the whole answer. */
  readonly #nullPaths = new Set<ResponsePath | undefined>();

  /** Adds an error that makes the value at a path null, unless a parent is already null. */
  add(error: GraphQLError, path: ResponsePath | undefined): void {
    if (this.#nullPaths.has(undefined)) return;
    for (let ancestor = path; ancestor; ancestor = ancestor.prev) if (this.#nullPaths.has(ancestor)) return;
    this.#nullPaths.add(path);
    this.errors.push(error);
  }
}

/** Receives the items of one list of an answer as they are written. The list itself is then empty. */
export interface RowSink {
  /** The response path of the list, which is inside no other list. */
  readonly path: readonly string[];
  /** Receives the JSON text of the next item, or a promise of it. A rejection ends the execution. */
  add(item: string | Promise<string>): void;
}

/** Returns whether the items of the list at a path go to the sink. */
export function takesItemsAt({ path: keys }: RowSink, path: ResponsePath): boolean {
  let ancestor: ResponsePath | undefined = path;
  for (let index = keys.length - 1; index >= 0; index--) {
    if (ancestor?.key !== keys[index]) return false;
    ancestor = ancestor?.prev;
  }
  return ancestor === undefined;
}

/** Passes an item to the sink. If it is pending, returns a promise of the empty text that replaces it in the answer. */
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
  // Reading a character flattens the joined text while it is still in the processor's cache.
  text.charCodeAt(0);
  return text;
}
