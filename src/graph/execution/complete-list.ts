import { GraphQLError, type GraphQLOutputType, type GraphQLResolveInfo } from "graphql";
import { isPromise } from "../metering/promise-or-value.ts";
import { continueAfterTurn, resume, type Turn } from "../output/execution-limits.ts";
import { JsonOutput } from "../output/json-text.ts";
import type { Path } from "../output/path.ts";
import { PartialText, type Pending, writeApart } from "../output/pending.ts";
import { addItem, type RowSink, takesItemsAt } from "../output/row-sink.ts";
import { coordinateOf } from "./operation-info.ts";
import type { CompleteValue, CompletingField, PlanExecutor } from "./plan.ts";

/** A list whose items are being completed. */
interface ListProgress {
  readonly executor: PlanExecutor;
  readonly list: readonly unknown[];
  readonly info: GraphQLResolveInfo;
  readonly prev: Path;
  /** Takes the items in place of the answer. */
  readonly rows: RowSink | undefined;
  /** Holds one item of those at a time. */
  readonly rowOutput: JsonOutput;
  /** The index of the item to go on with. */
  next: number;
  /** Its text, as soon as an item is pending or others have had their turn. */
  partial: PartialText | undefined;
}

/**
 * Creates the function that completes lists: `completeItem` writes one item after the other into one text. An item that
 * is pending, fails, or ends a turn costs only itself.
 */
export function createCompleteList(
  itemType: GraphQLOutputType,
  completeItem: CompleteValue,
  { nodes }: CompletingField,
): CompleteValue {
  const startItem = (
    { executor, list, info }: ListProgress,
    path: Path,
    output: JsonOutput,
    turn: Turn | undefined,
  ): Pending | undefined => {
    if (turn?.error !== undefined) throw turn.error;
    const item = list[path.key as number];
    return isPromise(item)
      ? completeLater(executor, item, info, path)
      : completeItem(executor, item, info, path, output);
  };

  const completeLater = (
    executor: PlanExecutor,
    item: Promise<unknown>,
    info: GraphQLResolveInfo,
    path: Path,
  ): Pending =>
    item.then((resolved) =>
      resume(executor.limits, () =>
        writeApart((itemOutput) => completeItem(executor, resolved, info, path, itemOutput)),
      ),
    );

  const handleLater = (executor: PlanExecutor, pending: Pending, path: Path): Pending =>
    pending.then(undefined, (error) => executor.handleFieldError(error, nodes, itemType, path));

  /** `turn` is set if others had their turn just before the item. */
  const writeItem = (
    progress: ListProgress,
    path: Path,
    output: JsonOutput,
    turn: Turn | undefined,
  ): Pending | undefined => {
    const { executor } = progress;
    const { chunkCount } = output;
    const { length } = output.text;
    try {
      const pending = startItem(progress, path, output, turn);
      return pending && handleLater(executor, pending, path);
    } catch (error) {
      output.takeSince(chunkCount, length);
      output.text += executor.handleFieldError(error, nodes, itemType, path);
      return undefined;
    }
  };

  /** Gives an item to what takes the items. Returns the promise of nothing, if the item is pending. */
  const addRow = (rows: RowSink, progress: ListProgress, path: Path, turn: Turn | undefined) => {
    const output = progress.rowOutput;
    return addItem(rows, writeItem(progress, path, output, turn) ?? output.take());
  };

  /** Writes the items that are not written yet. */
  const writeItems = (progress: ListProgress, output: JsonOutput, turn?: Turn): Pending | undefined => {
    const { executor, list, prev, rows } = progress;
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
        const path = { prev, key, typename: undefined };
        const pending = rows
          ? addRow(rows, progress, path, ownTurn)
          : writeItem(progress, path, target, ownTurn);
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
    return writeItems(
      { executor, list: items, info, prev, rows, rowOutput: new JsonOutput(), next: 0, partial: undefined },
      output,
    );
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
