import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { continueAfterTurn, type ExecutionLimits, resume, type Turn } from "./execution-limits.ts";
import type { Path } from "./path.ts";
import { isPromise } from "./promise-or-value.ts";

/** Turns the result of a resolver into a value of the answer. Throws if the value cannot be completed. */
export type CompleteValue = (value: unknown, info: GraphQLResolveInfo, path: Path) => unknown;

/** What value completion needs of the field whose values it completes. */
export interface CompletingField {
  readonly context: unknown;
  readonly limits: ExecutionLimits;
  /** Executes the selected fields of an object. */
  completeObject(type: GraphQLObjectType, value: unknown, path: Path): unknown;
  /** Adds the error at the path and returns null if the type is nullable; otherwise throws the located error. */
  handleFieldError(error: unknown, type: GraphQLOutputType, path: Path): null;
}

/** Creates the function that completes all values of a type in a field. GraphQL: "Value Completion". */
export function createCompleteValue(type: GraphQLOutputType, field: CompletingField): CompleteValue {
  if (isNonNullType(type)) {
    const completeInner = createCompleteValue(type.ofType, field);
    return (value, info, path) => {
      const completed = completeInner(value, info, path);
      if (completed !== null) return completed;
      throw new Error(`Cannot return null for non-nullable field ${coordinateOf(info)}.`);
    };
  }
  const completePresent = createCompletePresent(type, field);
  return (value, info, path) => {
    if (value instanceof Error) throw value;
    return value == null ? null : completePresent(value, info, path);
  };
}

function createCompletePresent(type: GraphQLOutputType, field: CompletingField): CompleteValue {
  if (isListType(type)) return createCompleteList(type.ofType, field);
  if (isObjectType(type)) return (value, _info, path) => field.completeObject(type, value, path);
  if (isAbstractType(type)) return createCompleteAbstract(type, field);
  if (!isLeafType(type)) throw new Error(`${type} is not an output type.`);
  return (value) => {
    const leaf = type.serialize(value);
    if (leaf != null) return leaf;
    throw new Error(`${type}.serialize(${value}) must return a value, but returned ${leaf}.`);
  };
}

function createCompleteAbstract(type: GraphQLAbstractType, field: CompletingField): CompleteValue {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  return (value, info, path) => {
    const completeAs = (name: unknown) => {
      const objectType = typeof name === "string" ? info.schema.getType(name) : undefined;
      if (isObjectType(objectType) && info.schema.isSubType(type, objectType))
        return field.completeObject(objectType, value, path);
      throw new GraphQLError(`"${name}" is no type that "${type.name}" can have in "${coordinateOf(info)}".`);
    };
    const name = resolveType(value, field.context, info, type);
    return isPromise(name) ? name.then(completeAs) : completeAs(name);
  };
}

function createCompleteList(type: GraphQLOutputType, field: CompletingField): CompleteValue {
  const completeItem = createCompleteValue(type, field);
  const { limits } = field;
  /** Completes the items that are not completed yet; `turn` is set if others had their turn just before. */
  const completeFrom = (progress: ListProgress, turn?: Turn): unknown => {
    const { list, completed, info, prev } = progress;
    const resumedAt = turn ? completed.length : -1;
    const startItem = (item: unknown, path: Path) => {
      if (path.key === resumedAt && turn?.error !== undefined) throw turn.error;
      return isPromise(item)
        ? item.then((resolved) => resume(limits, () => completeItem(resolved, info, path)))
        : completeItem(item, info, path);
    };
    const tryComplete = (item: unknown, path: Path) => {
      try {
        const value = startItem(item, path);
        if (!isPromise(value)) return value;
        progress.hasPromise = true;
        return value.then(undefined, (error) => field.handleFieldError(error, type, path));
      } catch (error) {
        return field.handleFieldError(error, type, path);
      }
    };
    try {
      for (let key = completed.length; key < list.length; key++) {
        if (key !== resumedAt && limits.shouldYield())
          return continueAfterTurn(limits, (next) => completeFrom(progress, next));
        completed.push(tryComplete(list[key], { prev, key, typename: undefined }));
      }
    } catch (error) {
      // Pending items may fail too; without this they would be unhandled rejections.
      void Promise.allSettled(completed);
      throw error;
    }
    return progress.hasPromise ? Promise.all(completed) : completed;
  };
  return (list, info, prev) => {
    if (!isIterable(list))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${coordinateOf(info)}".`);
    const items = Array.isArray(list) ? list : [...list];
    return completeFrom({ list: items, completed: [], info, prev, hasPromise: false });
  };
}

/** How far the items of a list have been completed. */
interface ListProgress {
  readonly list: readonly unknown[];
  readonly completed: unknown[];
  readonly info: GraphQLResolveInfo;
  readonly prev: Path;
  hasPromise: boolean;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function coordinateOf({ parentType, fieldName }: GraphQLResolveInfo): string {
  return `${parentType.name}.${fieldName}`;
}
