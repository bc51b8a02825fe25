import {
  defaultFieldResolver,
  type ExecutionArgs,
  type FieldNode,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getOperationAST,
  isNonNullType,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
} from "graphql";
import { isPromise } from "../metering/promise-or-value.ts";
import {
  continueAfterTurn,
  type ExecutionLimits,
  resume,
  type Turn,
  unlimited,
} from "../output/execution-limits.ts";
import { type JsonOutput, type JsonPart, JsonText, leafTextOf } from "../output/json-text.ts";
import { allOf, failAfter, PartialText, type Pending, writeApart } from "../output/pending.ts";
import { FieldErrors, type Path, type RowSink } from "../output/row-sink.ts";
import { type CollectedField, type ReadArguments, readArguments, WithheldField } from "./collect-fields.ts";
import type { LeafPlan } from "./leaf-run.ts";
import { coerceVariables, type OperationInfo, type QueryResult } from "./operation-info.ts";
import { planOperation } from "./operation-plan.ts";
import type { CompletingField, PlanExecutor, PlannedField, SelectionPlan } from "./plan.ts";
import type { VersionedSource } from "./source-resolver.ts";

/**
 * Executes a query with the answer and the errors of graphql-js, in less than half the time for lists. Undefined for
 * what is left to graphql-js: mutations, operations with invalid variables, and documents without the operation that
 * was named.
 *
 * For each item of a list, graphql-js coerces the arguments of its fields and chooses how to complete their types. Here
 * this is done once for each field of the query (`planOf`), and kept with the document, so that an item costs only its
 * resolvers and its text: the answer is written as JSON at once, without objects in between.
 * The limits bound the size of the answer and the time for which other requests wait. `rows` takes the items of one
 * list in place of the answer.
 *
 * `npx tsx test/bench/execute.ts` measures the gain; once graphql-js is about as fast, this room is not needed.
 * `test/graph/execution/execute.test.ts` compares answers, errors and resolver arguments with those of graphql-js.
 *
 * `isTypeOf` and `@defer` are not supported: the schema has neither.
 */
export function executeQuery(
  args: ExecutionArgs,
  limits: ExecutionLimits = unlimited,
  rows?: RowSink,
): QueryResult | Promise<QueryResult> | undefined {
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

// What is called in place of a field's resolver. Closures are made here, since a function that may make one costs all
// of its calls the memory for it.

/** In place of a resolver that has been called. */
const returning = (value: unknown) => () => value;

/** In place of a resolver that has failed. */
const throwing = (error: unknown) => (): never => {
  throw error;
};

/** In place of a resolver, if the execution may not go on after a turn. */
function failureOf(turn: Turn | undefined): (() => never) | undefined {
  return turn?.error === undefined ? undefined : throwing(turn.error);
}

/** The resolver of a field. */
const resolverOf = ({
  definition,
}: Pick<CollectedField, "definition">): GraphQLFieldResolver<unknown, unknown> =>
  definition.resolve ?? defaultFieldResolver;

/** What the resolver of a field is told. */
function infoOf(
  { schema, fragments, rootValue, operation, variableValues }: OperationInfo,
  { nodes, parentType, definition }: Pick<CollectedField, "nodes" | "parentType" | "definition">,
  path: Path,
): GraphQLResolveInfo {
  // No spread: this runs once for each value of the answer.
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

/** An object of which some fields are executed, after a turn of others. */
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
  /** Errors of withheld fields, which are told once. */
  readonly #told = new Set<unknown>();
  readonly #variableArgs = new Map<PlannedField, ReadArguments>();

  constructor(operationInfo: OperationInfo, context: unknown, limits: ExecutionLimits, rows?: RowSink) {
    this.#operationInfo = operationInfo;
    this.context = context;
    this.limits = limits;
    this.rows = rows;
  }

  /** Executes the fields of the root type by the operation's plan. */
  run(operation: CompletingField, type: GraphQLObjectType): QueryResult | Promise<QueryResult> {
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
      const data = this.limits.charge(() => writeApart(write));
      return isPromise(data) ? data.then(toResult, failWith) : toResult(data);
    } catch (error) {
      return failWith(error as GraphQLError);
    }
  }

  executeFields(
    plan: SelectionPlan,
    source: unknown,
    path: Path | undefined,
    output: JsonOutput,
  ): Pending | undefined {
    this.limits.addBytes(plan.minBytes);
    return this.#executeFields(plan, source, path, output);
  }

  /** Executes the fields of an object, or those that follow a turn of others. */
  #executeFields(
    plan: SelectionPlan,
    source: unknown,
    path: Path | undefined,
    output: JsonOutput,
    resumed?: ResumedObject,
  ): Pending | undefined {
    // The object's text, as soon as a field is pending or others have had their turn.
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
        // Safe: the fields of a run are those of such a source.
        const text = run?.textOf(source as VersionedSource);
        if (run && text !== undefined) {
          target.text += text;
          index += run.length - 1;
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
      return failAfter(partial, error);
    }
    target.text += fields.length === 0 ? "{}" : "}";
    return partial && allOf(partial);
  }

  /** Executes the other fields after a turn of others. */
  #executeLater(
    plan: SelectionPlan,
    source: unknown,
    path: Path | undefined,
    output: JsonOutput,
    next: number,
    partial: PartialText,
  ): Pending {
    return continueAfterTurn(
      this.limits,
      (turn) => this.#executeFields(plan, source, path, output, { next, partial, turn }) as Pending,
    );
  }

  /** Writes a plain value at once, and leaves all else to `#executeField`. */
  #executeLeaf(
    field: PlannedField,
    leaf: LeafPlan,
    source: unknown,
    prev: Path | undefined,
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

  /** `result` is there in place of the resolver if that has been called, or may not be called any more. */
  #executeField(
    field: PlannedField,
    source: unknown,
    prev: Path | undefined,
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
        ? this.#completeLater(field, value, info)
        : completeValue(this, value, info, path, output);
      return pending && this.#handleLater(field, pending, path);
    } catch (error) {
      output.takeSince(chunkCount, length);
      output.text += this.handleFieldError(error, nodes, definition.type, path);
      return undefined;
    }
  }

  // What only promises need is apart: a function that makes closures costs all of its calls the memory for them.

  #completeLater(
    { completeValue, isComposite }: PlannedField,
    value: Promise<unknown>,
    info: GraphQLResolveInfo,
  ): Pending {
    return value.then((resolved) => {
      const complete = () => writeApart((output) => completeValue(this, resolved, info, info.path, output));
      return isComposite ? resume(this.limits, complete) : complete();
    });
  }

  #handleLater({ nodes, definition }: PlannedField, pending: Pending, path: Path): Pending {
    return pending.then(undefined, (error) => this.handleFieldError(error, nodes, definition.type, path));
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

  handleFieldError(raw: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): "null" {
    if (raw instanceof WithheldField && !isNonNullType(type)) {
      if (this.#told.has(raw)) return "null";
      this.#told.add(raw);
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
