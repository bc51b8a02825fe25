import type { FieldNode, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo } from "graphql";
import type { ExecutionLimits } from "../output/execution-limits.ts";
import type { JsonOutput } from "../output/json-text.ts";
import type { Pending } from "../output/pending.ts";
import type { ResponsePath, RowSink } from "../output/row-sink.ts";
import type { CollectedField } from "./collect-fields.ts";
import type { LeafPlan, LeafRun } from "./leaf-run.ts";

/** A selected field, and how its values are completed. */
export interface PlannedField extends CollectedField {
  /** Its key with the preceding punctuation: `{"id":` or `,"name":`. */
  readonly prefix: string;
  readonly completeValue: CompleteValue;
  /** Set for a field of a leaf type whose value depends only on its object. */
  readonly leaf: LeafPlan | undefined;
  /** Whether it has a selection set, and so possibly much work below it. */
  readonly isComposite: boolean;
}

/** The selected fields of an object type. */
export interface SelectionPlan {
  readonly fields: readonly PlannedField[];
  /** Runs of leaf fields, by the index of the first field. */
  readonly runs: readonly (LeafRun | undefined)[];
  /** The minimum size, in bytes of JSON, of an object with these fields. */
  readonly minBytes: number;
}

/** Executes a plan. Plans are cached longer than the executor, so they must not reference it. */
export interface PlanExecutor {
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  /** Receives the items of one list instead of adding them to the answer. */
  readonly rows: RowSink | undefined;
  /** Executes the fields of an object. */
  executeFields(
    plan: SelectionPlan,
    source: unknown,
    path: ResponsePath | undefined,
    output: JsonOutput,
  ): Pending | undefined;
  /**
   * Adds the error at the path and returns "null" for a nullable type; otherwise throws the located error.
   */
  handleFieldError(
    error: unknown,
    nodes: readonly FieldNode[],
    type: GraphQLOutputType,
    path: ResponsePath,
  ): "null";
}

/**
 * Writes the result of a resolver as a value of the answer. If the value is pending, returns a promise and writes
 * nothing. Throws if the value cannot be completed; the caller removes the text written so far.
 */
export type CompleteValue = (
  executor: PlanExecutor,
  value: unknown,
  info: GraphQLResolveInfo,
  path: ResponsePath,
  output: JsonOutput,
) => Pending | undefined;

/** The part of a field needed to complete its values. */
export interface CompletingField {
  readonly nodes: readonly FieldNode[];
  planOf(type: GraphQLObjectType): SelectionPlan;
}
