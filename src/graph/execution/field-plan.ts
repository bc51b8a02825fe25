import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isCompositeType,
} from "graphql";
import { type CollectedField, collectFields, type HasSelectionSet } from "./collect-fields.ts";
import { type CompleteValue, createCompleteValue, type Path } from "./complete-value.ts";
import type { Execution } from "./execution.ts";
import { minimumBytes } from "./execution-budget.ts";

/** A field with how its values are completed. */
export interface PlannedField extends CollectedField {
  readonly completeValue: CompleteValue;
  /** Whether it has fields of its own, so that there may be any amount of work behind it. */
  readonly isComposite: boolean;
}

/** The fields that are selected of a type, and what an object with them takes in an answer at least, in bytes. */
export interface SelectionPlan {
  readonly fields: readonly PlannedField[];
  readonly minBytes: number;
}

/** A place in a query whose values are objects: what is the same for all of them is worked out for the first. */
export class FieldPlan {
  readonly execution: Execution;
  readonly #nodes: readonly HasSelectionSet[];
  /** By the type of the object, where the place is an interface's. */
  #selectionPlans: Map<GraphQLObjectType, SelectionPlan> | undefined;

  constructor(execution: Execution, nodes: readonly HasSelectionSet[]) {
    this.execution = execution;
    this.#nodes = nodes;
  }

  /** The answer of an object. */
  completeObject(type: GraphQLObjectType, value: unknown, path: Path | undefined): unknown {
    let selectionPlan = this.#selectionPlans?.get(type);
    if (!selectionPlan) {
      const fields = this.#planFields(type);
      selectionPlan = { fields, minBytes: minimumBytes(fields.map(({ key }) => key)) };
      this.#selectionPlans ??= new Map();
      this.#selectionPlans.set(type, selectionPlan);
    }
    return this.execution.executeFields(selectionPlan, value, path);
  }

  /** Null and an error where the type allows null, else throws the error, located. */
  handleFieldError(error: unknown, type: GraphQLOutputType, path: Path): null {
    return this.execution.handleFieldError(error, this.#nodes as readonly FieldNode[], type, path);
  }

  #planFields(type: GraphQLObjectType): PlannedField[] {
    // Written out, as it is done for each field of a query: a spread takes longer than all the rest.
    return collectFields(this.execution.operationInfo, type, this.#nodes).map(
      ({ key, nodes, parentType, definition, getArgs }) => ({
        key,
        nodes,
        parentType,
        definition,
        getArgs,
        completeValue: createCompleteValue(definition.type, new FieldPlan(this.execution, nodes)),
        isComposite: isCompositeType(getNamedType(definition.type)),
      }),
    );
  }
}
