import {
  defaultFieldResolver,
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isNonNullType,
  locatedError,
  responsePathAsArray,
} from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { GraphContext } from "../record/context.ts";
import type { OperationInfo } from "./collect-fields.ts";
import { isPromise, type Path } from "./complete-value.ts";
import { ExecutionBudget } from "./execution-budget.ts";
import { FieldPlan, type PlannedField, type SelectionPlan } from "./field-plan.ts";

type ResultMap = Record<string, unknown>;

/**
 * An object that inherits nothing, so that any name can be a key. With a constructor it is quicker to fill and to read.
 */
const ResultMap = function ResultMap() {} as unknown as new () => ResultMap;
ResultMap.prototype = Object.create(null);

/** One execution of a query. GraphQL: "Execution". */
export class Execution {
  readonly operationInfo: OperationInfo;
  readonly context: unknown;
  readonly #errors: GraphQLError[] = [];
  /** Where the errors are: what is null there has no further ones below. */
  readonly #failedPaths = new Set<Path | undefined>();
  /** The context, if it is one of this graph's. */
  readonly #graphContext: GraphContext | undefined;
  readonly #budget: ExecutionBudget;

  constructor(operationInfo: OperationInfo, context: unknown) {
    this.operationInfo = operationInfo;
    this.context = context;
    this.#graphContext = context instanceof GraphContext ? context : undefined;
    this.#budget = new ExecutionBudget(this.#graphContext?.settings.maxResponse ?? Infinity);
  }

  run(type: GraphQLObjectType): ExecutionResult | Promise<ExecutionResult> {
    const errors = this.#errors;
    const toResult = (data: unknown) => ({
      ...(errors.length > 0 && { errors }),
      data: data as ResultMap | null,
    });
    const failWith = (error: GraphQLError) => {
      this.#addError(error, undefined);
      return toResult(null);
    };
    try {
      const { operation, rootValue } = this.operationInfo;
      const data = new FieldPlan(this, [operation]).completeObject(type, rootValue, undefined);
      return isPromise(data) ? data.then(toResult, failWith) : toResult(data);
    } catch (error) {
      return failWith(error as GraphQLError);
    }
  }

  /** The answer of an object. */
  executeFields(
    { fields, minBytes }: SelectionPlan,
    source: unknown,
    path: Path | undefined,
  ): ResultMap | Promise<ResultMap> {
    const limitError = this.#budget.addBytes(minBytes);
    if (limitError) throw this.#graphContext?.operation.fail(limitError) ?? limitError;
    const result = new ResultMap();
    let hasPromise = false;
    try {
      for (const field of fields) {
        const isDeferred = field.isComposite && this.shouldYield();
        const value = isDeferred
          ? this.#executeFieldLater(field, source, path)
          : this.#executeField(field, source, path);
        result[field.key] = value;
        if (isPromise(value)) hasPromise = true;
      }
    } catch (error) {
      if (!hasPromise) throw error;
      // Others are under way, and may fail, too.
      return awaitValues(result).finally(() => {
        throw error;
      });
    }
    return hasPromise ? awaitValues(result) : result;
  }

  /** Whether it is others' turn before there is one more thing to do. */
  shouldYield(): boolean {
    return this.#budget.yieldIfDue() !== undefined;
  }

  /** Resolves when it is this execution's turn again. Throws if its time is over by then. */
  async yieldToOthers(): Promise<void> {
    for (let yielding = this.#budget.yieldIfDue(); yielding; yielding = this.#budget.yieldIfDue())
      await yielding;
    this.#graphContext?.operation.throwIfStopped();
  }

  async #executeFieldLater(field: PlannedField, source: unknown, prev: Path | undefined): Promise<unknown> {
    const { key, nodes, parentType, definition } = field;
    try {
      await this.yieldToOthers();
    } catch (error) {
      return this.handleFieldError(error, nodes, definition.type, { prev, key, typename: parentType.name });
    }
    return this.#executeField(field, source, prev);
  }

  #executeField(field: PlannedField, source: unknown, prev: Path | undefined): unknown {
    const { key, nodes, parentType, definition, completeValue } = field;
    const path: Path = { prev, key, typename: parentType.name };
    const { schema, fragments, rootValue, operation, variableValues } = this.operationInfo;
    // Written out: this is done for each value of the answer.
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
      const resolve = definition.resolve ?? defaultFieldResolver;
      const value = resolve(source, field.getArgs(), this.context, info);
      const completed = isPromise(value)
        ? value.then((resolved) => completeValue(resolved, info, path))
        : completeValue(value, info, path);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error) => this.handleFieldError(error, nodes, definition.type, path));
    } catch (error) {
      return this.handleFieldError(error, nodes, definition.type, path);
    }
  }

  /** Null and an error where the type allows null, else throws the error, located. */
  handleFieldError(raw: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): null {
    const error = locatedError(this.#countError(raw), nodes, responsePathAsArray(path));
    if (isNonNullType(type)) throw error;
    this.#addError(error, path);
    return null;
  }

  /** What a field fails with: Alma's errors are counted where they cost one, and too many of them end the operation. */
  #countError(raw: unknown): unknown {
    return raw instanceof AlmaError && this.#graphContext
      ? this.#graphContext.operation.countFieldError(raw)
      : raw;
  }

  #addError(error: GraphQLError, path: Path | undefined): void {
    if (this.#failedPaths.has(undefined)) return;
    for (let ancestor = path; ancestor; ancestor = ancestor.prev) if (this.#failedPaths.has(ancestor)) return;
    this.#failedPaths.add(path);
    this.#errors.push(error);
  }
}

/** Waits for the values of an object. */
async function awaitValues(result: ResultMap): Promise<ResultMap> {
  const resolved = new ResultMap();
  const keys = Object.keys(result);
  const values = await Promise.all(Object.values(result));
  for (const [index, key] of keys.entries()) resolved[key] = values[index];
  return resolved;
}
