import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isNonNullType,
  locatedError,
  responsePathAsArray,
} from "graphql";
import { isPromise } from "../metering/promise-or-value.ts";
import { type ReadArguments, readArguments } from "./collect-fields.ts";
import { continueAfterTurn, type ExecutionLimits, resume, type Turn } from "./execution-limits.ts";
import { type JsonOutput, type JsonPart, JsonText, leafText } from "./json-text.ts";
import type { OperationInfo } from "./operation-info.ts";
import { FieldErrors, type Path } from "./path.ts";
import { PartialText, type Pending, writeApart } from "./pending.ts";
import type { CompletingField, LeafPlan, PlanExecutor, PlannedField, SelectionPlan } from "./plan.ts";
import type { RowSink } from "./row-sink.ts";

/** The answer of a query, and the errors of its fields, if there are any. */
export interface QueryResult {
  readonly data: JsonText | null;
  readonly errors?: readonly GraphQLError[];
}

/** An object whose fields are being executed. */
interface Progress {
  readonly fields: readonly PlannedField[];
  readonly source: unknown;
  readonly path: Path | undefined;
  /** The index of the field to go on with. */
  readonly next: number;
  /** Its text, as soon as a field is pending or others have had their turn. */
  readonly partial: PartialText | undefined;
}

/** One execution of a query. GraphQL: "Execution". */
export class Execution implements PlanExecutor {
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  readonly rows: RowSink | undefined;
  readonly #operationInfo: OperationInfo;
  readonly #fieldErrors = new FieldErrors();
  /** The arguments that depend on variables. */
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
    try {
      const { rootValue } = this.#operationInfo;
      const data = this.limits.charge(() =>
        writeApart((output) => this.executeFields(operation.planOf(type), rootValue, undefined, output)),
      );
      return isPromise(data) ? data.then(toResult, failWith) : toResult(data);
    } catch (error) {
      return failWith(error as GraphQLError);
    }
  }

  executeFields(
    { fields, minBytes }: SelectionPlan,
    source: unknown,
    path: Path | undefined,
    output: JsonOutput,
  ): Pending | undefined {
    this.limits.addBytes(minBytes);
    return this.#executeFrom({ fields, source, path, next: 0, partial: undefined }, output);
  }

  /** Executes the fields from the next one on; `turn` is set if others had their turn just before it. */
  #executeFrom(progress: Progress, output: JsonOutput, turn?: Turn): Pending | undefined {
    const { fields, source, path, next: first } = progress;
    const { chunkCount } = output;
    const { length } = output.text;
    let { partial } = progress;
    let target = partial?.output ?? output;
    try {
      for (let index = first; index < fields.length; index++) {
        const field = fields[index] as PlannedField;
        const ownTurn = index === first ? turn : undefined;
        if (!ownTurn && field.isComposite && this.limits.shouldYield()) {
          partial ??= new PartialText(output.takeSince(chunkCount, length));
          const rest = { fields, source, path, next: index, partial };
          return continueAfterTurn(this.limits, (next) => this.#executeFrom(rest, output, next) as Pending);
        }
        target.text += field.prefix;
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
      // Pending fields may fail too; without this they would be unhandled rejections.
      return allOf(partial).finally(() => {
        throw error;
      });
    }
    target.text += fields.length === 0 ? "{}" : "}";
    return partial && allOf(partial);
  }

  /** Writes a plain value at once, and leaves all else to `#executeField`. */
  #executeLeaf(
    field: PlannedField,
    { type, isNullable, read }: LeafPlan,
    source: unknown,
    prev: Path | undefined,
    output: JsonOutput,
  ): Pending | undefined {
    let result: () => unknown;
    try {
      const value = read(source);
      if (value == null && isNullable) {
        output.text += "null";
        return undefined;
      }
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
        const leaf = type.serialize(value);
        if (leaf != null) {
          output.text += leafText(leaf);
          return undefined;
        }
      }
      // A method of the object takes arguments.
      if (typeof value === "function" && resolverOf(field) === defaultFieldResolver)
        return this.#executeField(field, source, prev, output, undefined);
      result = () => value;
    } catch (error) {
      result = () => {
        throw error;
      };
    }
    return this.#executeField(field, source, prev, output, result);
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
    const path: Path = { prev, key, typename: parentType.name };
    const { chunkCount } = output;
    const { length } = output.text;
    const { schema, fragments, rootValue, operation, variableValues } = this.#operationInfo;
    // No spread: this runs once for each value of the answer.
    const info: GraphQLResolveInfo = {
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
    try {
      const value = result
        ? result()
        : resolverOf(field)(source, this.#argumentsOf(field), this.context, info);
      const pending = isPromise(value)
        ? value.then((resolved) => {
            const complete = () =>
              writeApart((fieldOutput) => completeValue(this, resolved, info, path, fieldOutput));
            return field.isComposite ? resume(this.limits, complete) : complete();
          })
        : completeValue(this, value, info, path, output);
      return pending?.then(undefined, (error) => this.handleFieldError(error, nodes, definition.type, path));
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
      const { definition, nodes } = field;
      read = readArguments(definition, nodes[0] as FieldNode, this.#operationInfo.variableValues);
      this.#variableArgs.set(field, read);
    }
    return read();
  }

  handleFieldError(raw: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): "null" {
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

const resolverOf = ({ definition }: PlannedField) => definition.resolve ?? defaultFieldResolver;

/** In place of a field's resolver, if the execution may not go on after a turn. */
function failureOf(turn: Turn | undefined): (() => never) | undefined {
  if (turn?.error === undefined) return undefined;
  return () => {
    throw turn.error;
  };
}

/** The text of an object, once all of its fields are known; as many steps later as graphql-js waits for them. */
async function allOf(partial: PartialText): Promise<JsonPart> {
  return await partial.whenKnown();
}
