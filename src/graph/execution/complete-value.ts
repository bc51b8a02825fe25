import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { isPromise } from "../metering/promise-or-value.ts";
import { continueAfterTurn, type ExecutionLimits, resume, type Turn } from "../output/execution-limits.ts";
import { type JsonOutput, leafText } from "../output/json-text.ts";
import { PartialText, type Pending, writeSeparately } from "../output/pending.ts";
import { addItem, type ResponsePath, type RowSink, takesItemsAt } from "../output/row-sink.ts";
import { coordinateOf } from "./operation-info.ts";
import type { CompleteValue, CompletingField, PlanExecutor } from "./plan.ts";
import type { VersionedSource } from "./source-resolver.ts";

/** The progress of a list whose items are being completed. */
interface ListProgress {
  readonly executor: PlanExecutor;
  readonly list: readonly unknown[];
  readonly info: GraphQLResolveInfo;
  readonly prev: ResponsePath;
  /** Receives the items instead of adding them to the answer. */
  readonly rows: RowSink | undefined;
  /** The index of the next item. */
  next: number;
  /** The text so far, if an item is pending or the execution has yielded. */
  partial: PartialText | undefined;
}

// Code for promises is separate: a function that creates closures allocates for them on every call.

/** Completes the value of a promise. `resumesInTurn`: whether it waits for a turn if one is due. */
export function completeLater(
  executor: PlanExecutor,
  completeValue: CompleteValue,
  value: Promise<unknown>,
  info: GraphQLResolveInfo,
  path: ResponsePath,
  resumesInTurn = true,
): Pending {
  return value.then((resolved) => {
    const complete = () => writeSeparately((output) => completeValue(executor, resolved, info, path, output));
    return resumesInTurn ? resume(executor.limits, complete) : complete();
  });
}

/** Handles the field error of a pending value. */
export const handleLater = (
  executor: PlanExecutor,
  pending: Pending,
  nodes: CompletingField["nodes"],
  type: GraphQLOutputType,
  path: ResponsePath,
): Pending => pending.then(undefined, (error) => executor.handleFieldError(error, nodes, type, path));

/**
 * Creates the function that completes lists: `completeItem` appends each item to one text. An item that is
 * pending, fails or yields affects only itself.
 */
function createCompleteList(
  itemType: GraphQLOutputType,
  completeItem: CompleteValue,
  { nodes, planOf }: CompletingField,
): CompleteValue {
  const objectType = getNullableType(itemType);

  /** Returns the text of an item whose fields are one leaf run, without the path that only other items need. */
  const textOf = (item: VersionedSource, limits: ExecutionLimits) => {
    if (!isObjectType(objectType)) return undefined;
    const { fields, runs, minBytes } = planOf(objectType);
    const text = runs[0]?.length === fields.length ? runs[0].textOf(item) : undefined;
    if (text !== undefined) limits.addBytes(minBytes);
    return text;
  };

  /** Writes an item. `turn` is set if the execution yielded just before it. */
  const writeItem = (
    { executor, list, info, prev }: ListProgress,
    key: number,
    output: JsonOutput,
    turn: Turn | undefined,
  ): Pending | undefined => {
    const { chunkCount } = output;
    const { length } = output.text;
    let path: ResponsePath | undefined;
    try {
      if (turn?.error !== undefined) throw turn.error;
      const item = list[key];
      const text = isVersioned(item) ? textOf(item, executor.limits) : undefined;
      if (text !== undefined) {
        output.text += text;
        return undefined;
      }
      path = { prev, key, typename: undefined };
      const pending = isPromise(item)
        ? completeLater(executor, completeItem, item, info, path)
        : completeItem(executor, item, info, path, output);
      return pending && handleLater(executor, pending, nodes, itemType, path);
    } catch (error) {
      output.takeSince(chunkCount, length);
      path ??= { prev, key, typename: undefined };
      output.text += executor.handleFieldError(error, nodes, itemType, path);
      return undefined;
    }
  };

  /** Passes an item to the row sink. Returns a promise if the item is pending. */
  const addRow = (rows: RowSink, progress: ListProgress, key: number, turn: Turn | undefined) =>
    addItem(
      rows,
      writeSeparately((output) => writeItem(progress, key, output, turn)),
    );

  /** Writes the remaining items. */
  const writeItems = (progress: ListProgress, output: JsonOutput, turn?: Turn): Pending | undefined => {
    const { executor, list, rows } = progress;
    const { limits } = executor;
    const { chunkCount } = output;
    const { length } = output.text;
    const first = progress.next;
    let target = progress.partial?.output ?? output;
    const becomePartial = (): PartialText => {
      progress.partial ??= new PartialText(output.takeSince(chunkCount, length));
      target = progress.partial.output;
      return progress.partial;
    };
    try {
      for (let key = first; key < list.length; key++) {
        const ownTurn = key === first ? turn : undefined;
        if (!ownTurn && limits.shouldYield()) {
          becomePartial();
          progress.next = key;
          return continueAfterTurn(limits, (next) => writeItems(progress, output, next) as Pending);
        }
        if (key === 0) target.text += "[";
        else if (!rows) target.text += ",";
        const pending = rows
          ? addRow(rows, progress, key, ownTurn)
          : writeItem(progress, key, target, ownTurn);
        if (pending) becomePartial().add(pending);
        else target.cutOff();
      }
    } catch (error) {
      progress.partial?.giveUp();
      throw error;
    }
    target.text += list.length === 0 ? "[]" : "]";
    return progress.partial?.whenKnown();
  };

  return (executor, list, info, prev, output) => {
    if (!isIterable(list))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${coordinateOf(info)}".`);
    const items = Array.isArray(list) ? list : [...list];
    const rows = executor.rows && takesItemsAt(executor.rows, prev) ? executor.rows : undefined;
    return writeItems({ executor, list: items, info, prev, rows, next: 0, partial: undefined }, output);
  };
}

function isVersioned(item: unknown): item is VersionedSource {
  return (item as Partial<VersionedSource> | null)?.showVersion !== undefined;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/** Creates the function that completes values of a type in a field. GraphQL: "Value Completion". */
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
    throw new GraphQLError(
      `"${name}" is not a type that "${type.name}" can have in "${coordinateOf(info)}".`,
    );
  };
  return (executor, value, info, path, output) => {
    const name = resolveType(value, executor.context, info, type);
    if (!isPromise(name)) return completeAs(name, executor, value, info, path, output);
    return name.then((known) =>
      writeSeparately((ownOutput) => completeAs(known, executor, value, info, path, ownOutput)),
    );
  };
}
