import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isCompositeType,
} from "graphql";
import { type CollectedField, collectFields, type HasSelectionSet } from "./collect-fields.ts";
import { type CompleteValue, type CompletingField, createCompleteValue } from "./complete-value.ts";
import type { ExecutionLimits } from "./execution-limits.ts";
import type { OperationInfo } from "./operation-info.ts";
import type { Path } from "./path.ts";

/** A selected field, and how its values are completed. */
export interface PlannedField extends CollectedField {
  readonly completeValue: CompleteValue;
  /** Whether it has a selection set, so that any amount of work may be below it. */
  readonly isComposite: boolean;
}

/** The selected fields of an object type. */
export interface SelectionPlan {
  readonly fields: readonly PlannedField[];
  /** The least size of an object with these fields, in bytes of JSON. */
  readonly minBytes: number;
}

/** The execution that plans are made for. */
export interface PlanExecutor {
  readonly operationInfo: OperationInfo;
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  /** Executes the fields of an object. */
  executeFields(plan: SelectionPlan, source: unknown, path: Path | undefined): unknown;
  /** Adds the error at the path and returns null if the type is nullable; otherwise throws the located error. */
  handleFieldError(error: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): null;
}

/**
 * The plan for all values of one field of a query, or for the operation as a whole. The fields of an object type are
 * planned when its first object is completed.
 */
export class FieldPlan implements CompletingField {
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  readonly #executor: PlanExecutor;
  readonly #nodes: readonly HasSelectionSet[];
  /** By the type of the object: a field whose type is an interface may have several. */
  #selectionPlans: Map<GraphQLObjectType, SelectionPlan> | undefined;

  constructor(executor: PlanExecutor, nodes: readonly HasSelectionSet[]) {
    this.context = executor.context;
    this.limits = executor.limits;
    this.#executor = executor;
    this.#nodes = nodes;
  }

  completeObject(type: GraphQLObjectType, value: unknown, path: Path | undefined): unknown {
    let selectionPlan = this.#selectionPlans?.get(type);
    if (!selectionPlan) {
      const fields = this.#planFields(type);
      selectionPlan = { fields, minBytes: minimumBytes(fields.map(({ key }) => key)) };
      this.#selectionPlans ??= new Map();
      this.#selectionPlans.set(type, selectionPlan);
    }
    return this.#executor.executeFields(selectionPlan, value, path);
  }

  handleFieldError(error: unknown, type: GraphQLOutputType, path: Path): null {
    return this.#executor.handleFieldError(error, this.#nodes as readonly FieldNode[], type, path);
  }

  #planFields(type: GraphQLObjectType): PlannedField[] {
    // No spread: in a small query with a single record it would cost more than everything else.
    return collectFields(this.#executor.operationInfo, type, this.#nodes).map(
      ({ key, nodes, parentType, definition, getArgs }) => ({
        key,
        nodes,
        parentType,
        definition,
        getArgs,
        completeValue: createCompleteValue(definition.type, new FieldPlan(this.#executor, nodes)),
        isComposite: isCompositeType(getNamedType(definition.type)),
      }),
    );
  }
}

/**
 * The least size of an object with these keys, in bytes of JSON: quotes, colon, comma, and one digit for each value.
 */
export function minimumBytes(keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + key.length + 5, 0);
}
