import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isCompositeType,
} from "graphql";
import { leastBytes } from "./allowance.ts";
import { type Complete, completion, type Path } from "./complete.ts";
import type { Execution } from "./execution.ts";
import { type Selected, type Selecting, selected } from "./selected.ts";

/** A field with how its values are completed. */
export interface Field extends Selected {
  readonly complete: Complete;
  /** Whether it has fields of its own, so that there may be any amount of work behind it. */
  readonly isComposite: boolean;
}

/** The fields that are selected of a type, and what an object with them takes in an answer at least, in bytes. */
export interface Selection {
  readonly fields: readonly Field[];
  readonly bytes: number;
}

/** A place in a query whose values are objects: what is the same for all of them is worked out for the first. */
export class Place {
  readonly execution: Execution;
  readonly #nodes: readonly Selecting[];
  /** By the type of the object, where the place is an interface's. */
  #selections: Map<GraphQLObjectType, Selection> | undefined;

  constructor(execution: Execution, nodes: readonly Selecting[]) {
    this.execution = execution;
    this.#nodes = nodes;
  }

  /** The answer of an object. */
  object(type: GraphQLObjectType, value: unknown, path: Path | undefined): unknown {
    let selection = this.#selections?.get(type);
    if (!selection) {
      const fields = this.#select(type);
      selection = { fields, bytes: leastBytes(fields.map(({ key }) => key)) };
      this.#selections ??= new Map();
      this.#selections.set(type, selection);
    }
    return this.execution.object(selection, value, path);
  }

  /** Null and an error where the type allows null, else throws the error, located. */
  fail(error: unknown, type: GraphQLOutputType, path: Path): null {
    return this.execution.fail(error, this.#nodes as readonly FieldNode[], type, path);
  }

  #select(type: GraphQLObjectType): Field[] {
    // Written out, as it is done for each field of a query: a spread takes longer than all the rest.
    return selected(this.execution.common, type, this.#nodes).map(
      ({ key, nodes, parentType, definition, args }) => ({
        key,
        nodes,
        parentType,
        definition,
        args,
        complete: completion(definition.type, new Place(this.execution, nodes)),
        isComposite: isCompositeType(getNamedType(definition.type)),
      }),
    );
  }
}
