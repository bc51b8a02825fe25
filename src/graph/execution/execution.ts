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
import { continueAfterTurn, type ExecutionLimits, resume, type Turn } from "./execution-limits.ts";
import { FieldPlan, type PlanExecutor, type PlannedField, type SelectionPlan } from "./field-plan.ts";
import type { OperationInfo } from "./operation-info.ts";
import { FieldErrors, type Path } from "./path.ts";
import { isPromise } from "./promise-or-value.ts";

type ResultMap = Record<string, unknown>;

/** An object without Object's prototype, so that any name can be a key. A constructor makes it faster in V8. */
const ResultMap = function ResultMap() {} as unknown as new () => ResultMap;
ResultMap.prototype = Object.create(null);

/** How far the fields of one object have been executed. */
interface Progress {
  readonly fields: readonly PlannedField[];
  readonly source: unknown;
  readonly path: Path | undefined;
  readonly result: ResultMap;
  hasPromise: boolean;
  /** The index of the field to go on with. */
  next: number;
}

/** One execution of a query. GraphQL: "Execution". */
export class Execution implements PlanExecutor {
  readonly operationInfo: OperationInfo;
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  readonly #fieldErrors = new FieldErrors();

  constructor(operationInfo: OperationInfo, context: unknown, limits: ExecutionLimits) {
    this.operationInfo = operationInfo;
    this.context = context;
    this.limits = limits;
  }

  run(type: GraphQLObjectType): ExecutionResult | Promise<ExecutionResult> {
    const { errors } = this.#fieldErrors;
    const toResult = (data: unknown) => ({
      ...(errors.length > 0 && { errors }),
      data: data as ResultMap | null,
    });
    const failWith = (error: GraphQLError) => {
      this.#fieldErrors.add(error, undefined);
      return toResult(null);
    };
    try {
      const { operation, rootValue } = this.operationInfo;
      const plan = new FieldPlan(this, [operation]);
      const data = this.limits.charge(() => plan.completeObject(type, rootValue, undefined));
      return isPromise(data) ? data.then(toResult, failWith) : toResult(data);
    } catch (error) {
      return failWith(error as GraphQLError);
    }
  }

  executeFields(
    { fields, minBytes }: SelectionPlan,
    source: unknown,
    path: Path | undefined,
  ): ResultMap | Promise<ResultMap> {
    this.limits.addBytes(minBytes);
    return this.#executeFrom({ fields, source, path, result: new ResultMap(), hasPromise: false, next: 0 });
  }

  /** Executes the fields from the next one on; `turn` is set if others had their turn just before it. */
  #executeFrom(progress: Progress, turn?: Turn): ResultMap | Promise<ResultMap> {
    const { fields, source, path, result } = progress;
    const resumedAt = turn ? progress.next : -1;
    try {
      for (let index = progress.next; index < fields.length; index++) {
        const field = fields[index] as PlannedField;
        const isResumed = index === resumedAt;
        if (!isResumed && field.isComposite && this.limits.shouldYield()) {
          progress.next = index;
          return continueAfterTurn(this.limits, (next) => this.#executeFrom(progress, next));
        }
        const value =
          isResumed && turn?.error !== undefined
            ? this.#failField(field, turn.error, path)
            : this.#executeField(field, source, path);
        result[field.key] = value;
        if (isPromise(value)) progress.hasPromise = true;
      }
    } catch (error) {
      if (!progress.hasPromise) throw error;
      // Pending fields may fail too; without this they would be unhandled rejections.
      return awaitValues(result).finally(() => {
        throw error;
      });
    }
    return progress.hasPromise ? awaitValues(result) : result;
  }

  #failField(
    { key, nodes, parentType, definition }: PlannedField,
    error: unknown,
    prev: Path | undefined,
  ): null {
    return this.handleFieldError(error, nodes, definition.type, { prev, key, typename: parentType.name });
  }

  #executeField(field: PlannedField, source: unknown, prev: Path | undefined): unknown {
    const { key, nodes, parentType, definition, completeValue } = field;
    const path: Path = { prev, key, typename: parentType.name };
    const { schema, fragments, rootValue, operation, variableValues } = this.operationInfo;
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
      const resolve = definition.resolve ?? defaultFieldResolver;
      const value = resolve(source, field.getArgs(), this.context, info);
      const completed = isPromise(value)
        ? value.then((resolved) => {
            const complete = () => completeValue(resolved, info, path);
            return field.isComposite ? resume(this.limits, complete) : complete();
          })
        : completeValue(value, info, path);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error) => this.handleFieldError(error, nodes, definition.type, path));
    } catch (error) {
      return this.handleFieldError(error, nodes, definition.type, path);
    }
  }

  handleFieldError(raw: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): null {
    const counted = this.limits.countFieldError(raw);
    if (this.limits.hasFailed && this.#fieldErrors.errors.length > 0) {
      // An error for each of thousands of fields would take seconds.
      if (isNonNullType(type)) throw counted;
      return null;
    }
    const error = locatedError(counted, nodes, responsePathAsArray(path));
    if (isNonNullType(type)) throw error;
    this.#fieldErrors.add(error, path);
    return null;
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
