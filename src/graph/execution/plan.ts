import type { FieldNode, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo } from "graphql";
import type { ExecutionLimits } from "../output/execution-limits.ts";
import type { JsonOutput } from "../output/json-text.ts";
import type { Pending } from "../output/pending.ts";
import type { Path, RowSink } from "../output/row-sink.ts";
import type { CollectedField } from "./collect-fields.ts";
import type { LeafPlan, LeafRun } from "./leaf-run.ts";

/** A selected field, and how its values are completed. */
export interface PlannedField extends CollectedField {
  /** Its key with what stands before it in an object: `{"id":` or `,"name":`. */
  readonly prefix: string;
  readonly completeValue: CompleteValue;
  /** Set for a field that is read from its object alone and has a value of a leaf type. */
  readonly leaf: LeafPlan | undefined;
  /** Whether it has a selection set, so that any amount of work may be below it. */
  readonly isComposite: boolean;
}

/** The selected fields of an object type. */
export interface SelectionPlan {
  readonly fields: readonly PlannedField[];
  /** Leaf fields of a `VersionedSource` that follow each other, by the index of the first. */
  readonly runs: readonly (LeafRun | undefined)[];
  /** The least size of an object with these fields, in bytes of JSON. */
  readonly minBytes: number;
}

/** The execution of a plan. A plan outlives it, so that nothing of it may stay there. */
export interface PlanExecutor {
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  /** What takes the items of one list in place of the answer. */
  readonly rows: RowSink | undefined;
  /** Executes the fields of an object. */
  executeFields(
    plan: SelectionPlan,
    source: unknown,
    path: Path | undefined,
    output: JsonOutput,
  ): Pending | undefined;
  /** Adds the error at the path and returns "null" if the type is nullable; otherwise throws the located error. */
  handleFieldError(error: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): "null";
}

/**
 * Writes the result of a resolver as a value of the answer. Returns the promise of what is not known yet; nothing of
 * the value is in the output then. Throws if the value cannot be completed; whoever catches that takes away what was
 * written of it.
 */
export type CompleteValue = (
  executor: PlanExecutor,
  value: unknown,
  info: GraphQLResolveInfo,
  path: Path,
  output: JsonOutput,
) => Pending | undefined;

/** What value completion needs of the field whose values it completes. */
export interface CompletingField {
  readonly nodes: readonly FieldNode[];
  /** The selected fields of an object type that the field's value has. */
  planOf(type: GraphQLObjectType): SelectionPlan;
}
