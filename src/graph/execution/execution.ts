import {
  defaultFieldResolver,
  type ExecutionArgs,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getOperationAST,
  isNonNullType,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
} from "graphql";
import { isPromise, type PromiseOrValue } from "../metering/promise-or-value.ts";
import { continueAfterTurn, type ExecutionLimits, type Turn } from "../output/execution-limits.ts";
import { type JsonOutput, type JsonPart, JsonText, leafTextOf } from "../output/json-text.ts";
import { PartialText, type Pending, rejectAfter, resolveParts, writeSeparately } from "../output/pending.ts";
import { FieldErrors, type ResponsePath, type RowSink } from "../output/row-sink.ts";
import { type ReadArguments, readArguments, WithheldField } from "./collect-fields.ts";
import { completeLater, handleLater } from "./complete-value.ts";
import type { LeafPlan } from "./leaf-run.ts";
import { coerceVariables, type OperationInfo, type QueryResult } from "./operation-info.ts";
import { planOperation } from "./operation-plan.ts";
import type { CompletingField, PlanExecutor, PlannedField, SelectionPlan } from "./plan.ts";
import type { VersionedSource } from "./source-resolver.ts";

/**
 * Executes a query with the answer and errors of graphql-js, in less time. Returns undefined to
 * leave an operation to graphql-js: mutations, invalid variables, and a missing operation name. For each item of a
 * list, graphql-js coerces arguments and chooses how to complete types. Here that is done once per field (`planOf`) and
 * cached with the document, and the answer is written directly as JSON. `rows` receives the items of one list instead
 * of the answer. `isTypeOf` and `@defer` are not supported, since the schema uses neither.
 *
 * `npx tsx test/bench/execute.ts` measures the gain. Delete this folder once it is below 1.5.
 * `test/graph/execution/execute.test.ts` compares both.
 */
export function executeQuery(
  args: ExecutionArgs,
  limits: ExecutionLimits,
  rows?: RowSink,
): PromiseOrValue<QueryResult> | undefined {
  const { schema, document, rootValue, contextValue } = args;
  const operation = getOperationAST(document, args.operationName);
  const queryType = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !queryType) return undefined;
  const variableValues = coerceVariables(schema, operation, args.variableValues);
  if (!variableValues) return undefined;
  const { fragments, root } = planOperation(schema, document, operation, variableValues);
  const operationInfo = { schema, fragments, rootValue, operation, variableValues };
  return new Execution(operationInfo, contextValue, limits, rows).run(root, queryType);
}

// Substitutes for a field's resolver. The closures are created here, since a function that may create one allocates for
// it on every call.

/** Replaces a resolver that has returned. */
const returning = (value: unknown) => () => value;

/** Replaces a resolver that has thrown. */
const throwing = (error: unknown) => (): never => {
  throw error;
};

/** Replaces a resolver if the execution must not continue after a yield. */
function failureOf(turn: Turn | undefined) {
  return turn?.error === undefined ? undefined : throwing(turn.error);
}

const resolverOf = ({ definition }: PlannedField) => definition.resolve ?? defaultFieldResolver;

/** Creates the `info` of a resolver. */
function infoOf(
  { schema, fragments, rootValue, operation, variableValues }: OperationInfo,
  { nodes, parentType, definition }: PlannedField,
  path: ResponsePath,
): GraphQLResolveInfo {
  // Avoids a spread: this runs for each value of the answer.
  return {
    fieldName: definition.name,
    fieldNodes: nodes,
    returnType: definition.type,
    parentType,
    path,
    schema,
    fragments,
    rootValue,
    operation,
    variableValues,
  };
}

/** An object some of whose fields were executed before a yield. */
interface ResumedObject {
  /** The index of the next field. */
  readonly next: number;
  readonly partial: PartialText;
  readonly turn: Turn;
}

/** One execution of a query. GraphQL: "Execution". */
class Execution implements PlanExecutor {
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  readonly rows: RowSink | undefined;
  readonly #operationInfo: OperationInfo;
  readonly #fieldErrors = new FieldErrors();
  /** Errors of withheld fields, each reported once. */
  readonly #reported = new Set<unknown>();
  readonly #variableArgs = new Map<PlannedField, ReadArguments>();

  constructor(operationInfo: OperationInfo, context: unknown, limits: ExecutionLimits, rows?: RowSink) {
    this.#operationInfo = operationInfo;
    this.context = context;
    this.limits = limits;
    this.rows = rows;
  }

  /** Executes the fields of the root type by the operation's plan. */
  run(operation: CompletingField, type: GraphQLObjectType): PromiseOrValue<QueryResult> {
    const { errors } = this.#fieldErrors;
    const toResult = (data: JsonPart | null): QueryResult => ({
      ...(errors.length > 0 && { errors }),
      data: data === null ? null : new JsonText(data),
    });
    const failWith = (error: GraphQLError) => {
      this.#fieldErrors.add(error, undefined);
      return toResult(null);
    };
    const { rootValue } = this.#operationInfo;
    const write = (output: JsonOutput) =>
      this.executeFields(operation.planOf(type), rootValue, undefined, output);
    try {
      const data = this.limits.charge(() => writeSeparately(write));
      return isPromise(data) ? data.then(toResult, failWith) : toResult(data);
    } catch (error) {
      return failWith(error as GraphQLError);
    }
  }

  /** Executes the fields of an object, or the rest of them after a yield. */
  executeFields(
    plan: SelectionPlan,
    source: unknown,
    path: ResponsePath | undefined,
    output: JsonOutput,
    resumed?: ResumedObject,
  ): Pending | undefined {
    if (!resumed) this.limits.addBytes(plan.minBytes);
    // The object's text, once a field is pending or the execution has yielded.
    let partial = resumed?.partial;
    const first = resumed?.next ?? 0;
    const { fields, runs } = plan;
    const { chunkCount } = output;
    const { length } = output.text;
    let target = partial?.output ?? output;
    try {
      for (let index = first; index < fields.length; index++) {
        const ownTurn = index === first ? resumed?.turn : undefined;
        const run = runs[index];
        // Safe: a run contains only fields of such a source.
        const text = run?.textOf(source as VersionedSource);
        if (run && text !== undefined) {
          target.text += text;
          index += run.length - 1;
          if (index === fields.length - 1) return partial && resolveParts(partial);
          continue;
        }
        const field = fields[index] as PlannedField;
        if (!ownTurn && field.isComposite && this.limits.shouldYield()) {
          partial ??= new PartialText(output.takeSince(chunkCount, length));
          return this.#executeLater(plan, source, path, output, index, partial);
        }
        const pending = field.leaf
          ? this.#executeLeaf(field, field.leaf, source, path, target)
          : this.#executeField(field, source, path, target, failureOf(ownTurn));
        if (!pending) continue;
        partial ??= new PartialText(output.takeSince(chunkCount, length));
        partial.add(pending);
        target = partial.output;
      }
    } catch (error) {
      if (!partial?.hasPending) throw error;
      return rejectAfter(partial, error);
    }
    target.text += fields.length === 0 ? "{}" : "}";
    return partial && resolveParts(partial);
  }

  /** Executes the remaining fields after a yield. */
  #executeLater(
    plan: SelectionPlan,
    source: unknown,
    path: ResponsePath | undefined,
    output: JsonOutput,
    next: number,
    partial: PartialText,
  ): Pending {
    return continueAfterTurn(
      this.limits,
      (turn) => this.executeFields(plan, source, path, output, { next, partial, turn }) as Pending,
    );
  }

  /** Writes a plain value directly. Leaves everything else to `#executeField`. */
  #executeLeaf(
    field: PlannedField,
    leaf: LeafPlan,
    source: unknown,
    prev: ResponsePath | undefined,
    output: JsonOutput,
  ): Pending | undefined {
    let value: unknown;
    try {
      value = leaf.read(source);
      const text = leafTextOf(value, leaf);
      if (text !== undefined) {
        output.text += text;
        return undefined;
      }
      // A method of the object takes arguments.
      if (typeof value === "function" && resolverOf(field) === defaultFieldResolver)
        return this.#executeField(field, source, prev, output, undefined);
    } catch (error) {
      return this.#executeField(field, source, prev, output, throwing(error));
    }
    return this.#executeField(field, source, prev, output, returning(value));
  }

  /** `result` replaces the resolver if it was already called, or must not be called any more. */
  #executeField(
    field: PlannedField,
    source: unknown,
    prev: ResponsePath | undefined,
    output: JsonOutput,
    result: (() => unknown) | undefined,
  ): Pending | undefined {
    const { key, nodes, parentType, definition, completeValue } = field;
    const path = { prev, key, typename: parentType.name };
    output.text += field.prefix;
    const { chunkCount } = output;
    const { length } = output.text;
    const info = infoOf(this.#operationInfo, field, path);
    try {
      const value = result
        ? result()
        : resolverOf(field)(source, this.#argumentsOf(field), this.context, info);
      const pending = isPromise(value)
        ? completeLater(this, completeValue, value, info, path, field.isComposite)
        : completeValue(this, value, info, path, output);
      return pending && handleLater(this, pending, nodes, definition.type, path);
    } catch (error) {
      output.takeSince(chunkCount, length);
      output.text += this.handleFieldError(error, nodes, definition.type, path);
      return undefined;
    }
  }

  #argumentsOf(field: PlannedField): Record<string, unknown> {
    if (field.constantArgs) return field.constantArgs();
    let read = this.#variableArgs.get(field);
    if (!read) {
      const [node] = field.nodes;
      read = readArguments(field.definition, node as FieldNode, this.#operationInfo.variableValues);
      this.#variableArgs.set(field, read);
    }
    return read();
  }

  handleFieldError(
    raw: unknown,
    nodes: readonly FieldNode[],
    type: GraphQLOutputType,
    path: ResponsePath,
  ): "null" {
    if (raw instanceof WithheldField && !isNonNullType(type)) {
      if (this.#reported.has(raw)) return "null";
      this.#reported.add(raw);
    }
    const counted = this.limits.countFieldError(raw);
    if (this.limits.hasFailed && this.#fieldErrors.errors.length > 0) {
      // An error for each of thousands of fields would take seconds.
      if (isNonNullType(type)) throw counted;
      return "null";
    }
    const error = locatedError(counted, nodes, responsePathAsArray(path));
    if (isNonNullType(type)) throw error;
    this.#fieldErrors.add(error, path);
    return "null";
  }
}
