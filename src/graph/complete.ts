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
import type { Place } from "./place.ts";

/** Where a value is in the answer. */
export type Path = GraphQLResolveInfo["path"];

/** Makes the answer from what a resolver gave; throws what the field then fails with. */
export type Complete = (value: unknown, info: GraphQLResolveInfo, path: Path) => unknown;

/** How values of a type are completed at a place: worked out once for all of them. GraphQL: "Value Completion". */
export function completion(type: GraphQLOutputType, place: Place): Complete {
  if (isNonNullType(type)) {
    const inner = completion(type.ofType, place);
    return (value, info, path) => {
      const completed = inner(value, info, path);
      if (completed !== null) return completed;
      throw new Error(`Cannot return null for non-nullable field ${nameOf(info)}.`);
    };
  }
  const some = completionOfSome(type, place);
  return (value, info, path) => {
    if (value instanceof Error) throw value;
    return value == null ? null : some(value, info, path);
  };
}

function completionOfSome(type: GraphQLOutputType, place: Place): Complete {
  if (isListType(type)) return completionOfList(type.ofType, place);
  if (isObjectType(type)) return (value, _info, path) => place.object(type, value, path);
  if (isAbstractType(type)) return completionOfAbstract(type, place);
  if (!isLeafType(type)) throw new Error(`${type} is no type of an answer.`);
  return (value) => {
    const leaf = type.serialize(value);
    if (leaf != null) return leaf;
    throw new Error(`${type}.serialize(${value}) is to return a value; it returned ${leaf}.`);
  };
}

function completionOfAbstract(type: GraphQLAbstractType, place: Place): Complete {
  const resolve = type.resolveType ?? defaultTypeResolver;
  return (value, info, path) => {
    const complete = (name: unknown) => {
      const found = typeof name === "string" ? info.schema.getType(name) : undefined;
      if (isObjectType(found) && info.schema.isSubType(type, found)) return place.object(found, value, path);
      throw new GraphQLError(`"${name}" is no type that "${type.name}" can have in "${nameOf(info)}".`);
    };
    const name = resolve(value, place.execution.context, info, type);
    return isPromise(name) ? name.then(complete) : complete(name);
  };
}

function completionOfList(type: GraphQLOutputType, place: Place): Complete {
  const completeItem = completion(type, place);
  return (list, info, prev) => {
    if (!isIterable(list))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${nameOf(info)}".`);
    let waits = false;
    const items: unknown[] = [];
    const start = (item: unknown, path: Path) => {
      if (isPromise(item)) return item.then((late) => completeItem(late, info, path));
      const isLater = place.execution.isOthersTurn();
      return isLater
        ? place.execution.myTurn().then(() => completeItem(item, info, path))
        : completeItem(item, info, path);
    };
    const complete = (item: unknown, path: Path) => {
      try {
        const completed = start(item, path);
        if (!isPromise(completed)) return completed;
        waits = true;
        return completed.then(undefined, (error) => place.fail(error, type, path));
      } catch (error) {
        return place.fail(error, type, path);
      }
    };
    try {
      for (const item of list) items.push(complete(item, { prev, key: items.length, typename: undefined }));
    } catch (error) {
      // Others that are under way may fail, too, and nobody waits for them.
      void Promise.allSettled(items);
      throw error;
    }
    return waits ? Promise.all(items) : items;
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/** Whether a value has to be waited for, as graphql-js tells it. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

function nameOf({ parentType, fieldName }: GraphQLResolveInfo): string {
  return `${parentType.name}.${fieldName}`;
}
