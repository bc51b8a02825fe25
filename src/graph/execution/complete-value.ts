import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import type { FieldPlan } from "./field-plan.ts";

/** Where a value is in the answer. */
export type Path = GraphQLResolveInfo["path"];

/** Makes the answer from what a resolver gave; throws what the field then fails with. */
export type CompleteValue = (value: unknown, info: GraphQLResolveInfo, path: Path) => unknown;

/** How values of a type are completed at a place: worked out once for all of them. GraphQL: "Value Completion". */
export function createCompleteValue(type: GraphQLOutputType, plan: FieldPlan): CompleteValue {
  if (isNonNullType(type)) {
    const completeInner = createCompleteValue(type.ofType, plan);
    return (value, info, path) => {
      const completed = completeInner(value, info, path);
      if (completed !== null) return completed;
      throw new Error(`Cannot return null for non-nullable field ${coordinateOf(info)}.`);
    };
  }
  const completePresent = createCompletePresent(type, plan);
  return (value, info, path) => {
    if (value instanceof Error) throw value;
    return value == null ? null : completePresent(value, info, path);
  };
}

function createCompletePresent(type: GraphQLOutputType, plan: FieldPlan): CompleteValue {
  if (isListType(type)) return createCompleteList(type.ofType, plan);
  if (isObjectType(type)) return (value, _info, path) => plan.completeObject(type, value, path);
  if (isAbstractType(type)) return createCompleteAbstract(type, plan);
  if (!isLeafType(type)) throw new Error(`${type} is no type of an answer.`);
  return (value) => {
    const leaf = type.serialize(value);
    if (leaf != null) return leaf;
    throw new Error(`${type}.serialize(${value}) is to return a value; it returned ${leaf}.`);
  };
}

function createCompleteAbstract(type: GraphQLAbstractType, plan: FieldPlan): CompleteValue {
  const resolve = type.resolveType ?? defaultTypeResolver;
  return (value, info, path) => {
    const completeAs = (name: unknown) => {
      const objectType = typeof name === "string" ? info.schema.getType(name) : undefined;
      if (isObjectType(objectType) && info.schema.isSubType(type, objectType))
        return plan.completeObject(objectType, value, path);
      throw new GraphQLError(`"${name}" is no type that "${type.name}" can have in "${coordinateOf(info)}".`);
    };
    const name = resolve(value, plan.execution.context, info, type);
    return isPromise(name) ? name.then(completeAs) : completeAs(name);
  };
}

function createCompleteList(type: GraphQLOutputType, plan: FieldPlan): CompleteValue {
  const completeItem = createCompleteValue(type, plan);
  return (list, info, prev) => {
    if (!isIterable(list))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${coordinateOf(info)}".`);
    let hasPromise = false;
    const items: unknown[] = [];
    const startItem = (item: unknown, path: Path) => {
      if (isPromise(item)) return item.then((resolved) => completeItem(resolved, info, path));
      const isDeferred = plan.execution.shouldYield();
      return isDeferred
        ? plan.execution.yieldToOthers().then(() => completeItem(item, info, path))
        : completeItem(item, info, path);
    };
    const tryComplete = (item: unknown, path: Path) => {
      try {
        const completed = startItem(item, path);
        if (!isPromise(completed)) return completed;
        hasPromise = true;
        return completed.then(undefined, (error) => plan.handleFieldError(error, type, path));
      } catch (error) {
        return plan.handleFieldError(error, type, path);
      }
    };
    try {
      for (const item of list)
        items.push(tryComplete(item, { prev, key: items.length, typename: undefined }));
    } catch (error) {
      // Others that are under way may fail, too, and nobody waits for them.
      void Promise.allSettled(items);
      throw error;
    }
    return hasPromise ? Promise.all(items) : items;
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/** Whether a value has to be waited for, as graphql-js tells it. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

function coordinateOf({ parentType, fieldName }: GraphQLResolveInfo): string {
  return `${parentType.name}.${fieldName}`;
}
