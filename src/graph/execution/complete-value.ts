import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLOutputType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { isPromise } from "../metering/promise-or-value.ts";
import { leafText } from "../output/json-text.ts";
import { type Pending, writeApart } from "../output/pending.ts";
import { createCompleteList } from "./complete-list.ts";
import { coordinateOf } from "./operation-info.ts";
import type { CompleteValue, CompletingField } from "./plan.ts";

/** Creates the function that completes all values of a type in a field. GraphQL: "Value Completion". */
export function createCompleteValue(type: GraphQLOutputType, field: CompletingField): CompleteValue {
  const isNonNull = isNonNullType(type);
  const completePresent = createCompletePresent(isNonNull ? type.ofType : type, field);
  return (executor, value, info, path, output) => {
    if (value instanceof Error) throw value;
    if (value != null) return completePresent(executor, value, info, path, output);
    if (isNonNull) throw new Error(`Cannot return null for non-nullable field ${coordinateOf(info)}.`);
    output.text += "null";
    return undefined;
  };
}

function createCompletePresent(type: GraphQLOutputType, field: CompletingField): CompleteValue {
  if (isListType(type))
    return createCompleteList(type.ofType, createCompleteValue(type.ofType, field), field);
  if (isObjectType(type))
    return (executor, value, _info, path, output) =>
      executor.executeFields(field.planOf(type), value, path, output);
  if (isAbstractType(type)) return createCompleteAbstract(type, field);
  if (!isLeafType(type)) throw new Error(`${type} is not an output type.`);
  return (_executor, value, _info, _path, output) => {
    const leaf = type.serialize(value);
    if (leaf == null)
      throw new Error(`${type}.serialize(${value}) must return a value, but returned ${leaf}.`);
    output.text += leafText(leaf);
    return undefined;
  };
}

function createCompleteAbstract(type: GraphQLAbstractType, field: CompletingField): CompleteValue {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const completeAs = (
    name: unknown,
    ...[executor, value, info, path, output]: Parameters<CompleteValue>
  ): Pending | undefined => {
    const objectType = typeof name === "string" ? info.schema.getType(name) : undefined;
    if (isObjectType(objectType) && info.schema.isSubType(type, objectType))
      return executor.executeFields(field.planOf(objectType), value, path, output);
    throw new GraphQLError(`"${name}" is no type that "${type.name}" can have in "${coordinateOf(info)}".`);
  };
  return (executor, value, info, path, output) => {
    const name = resolveType(value, executor.context, info, type);
    if (!isPromise(name)) return completeAs(name, executor, value, info, path, output);
    return name.then((known) =>
      writeApart((ownOutput) => completeAs(known, executor, value, info, path, ownOutput)),
    );
  };
}
