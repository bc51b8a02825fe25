import type { Steps } from "../metering/meter.ts";
import { Block, type ColumnCache, cacheColumns, Selection } from "./block.ts";
import type { Column, Row } from "./column.ts";

/**
 * A compiled filter: sets the mask, which has 1 or 0 for each row of a block, to 0 for those that do not match. What is
 * 0 stays 0.
 */
export type Predicate = (block: Block, mask: Uint8Array) => void;

/** Matches every row. */
export const always: Predicate = () => {};

/** Matches the rows that all of these match. */
export function allOf(predicates: readonly Predicate[]): Predicate {
  if (predicates.length < 2) return predicates[0] ?? always;
  return (block, mask) => {
    for (const predicate of predicates) predicate(block, mask);
  };
}

/** Matches the rows that any of these match. */
export function anyOf(predicates: readonly Predicate[]): Predicate {
  return (block, mask) => {
    // The rows that none has matched yet, and of these the ones that the next one matches.
    const open = block.takeMask();
    const matched = block.takeMask();
    open.set(mask);
    mask.fill(0);
    for (const predicate of predicates) {
      matched.set(open);
      predicate(block, matched);
      let openCount = 0;
      for (let index = 0; index < mask.length; index++) {
        mask[index] = (mask[index] as number) | (matched[index] as number);
        open[index] = (open[index] as number) & ~(matched[index] as number);
        openCount += open[index] as number;
      }
      if (openCount === 0) break;
    }
    block.returnMask();
    block.returnMask();
  };
}

/** Matches the rows that another predicate does not match. */
export function not(predicate: Predicate): Predicate {
  return (block, mask) => {
    const matched = block.takeMask();
    matched.set(mask);
    predicate(block, matched);
    for (let index = 0; index < mask.length; index++)
      mask[index] = (mask[index] as number) & ~(matched[index] as number);
    block.returnMask();
  };
}

/** A predicate, the columns that it tests, and how many conditions it tests for one row, at most. */
interface Test {
  readonly predicate: Predicate;
  readonly columns: Iterable<Column>;
  readonly conditionCount: number;
}

/** So many conditions are tested between two places where others may have their turn, of so many rows. */
const [CONDITIONS, LEAST_ROWS, MOST_ROWS] = [16_384, 16, 2_048];

/**
 * Selects the rows that match, in steps. Each row is tested by its values at that time; what others change meanwhile,
 * such as a refresh, counts for the rows that are still to be tested.
 */
export function* matchSteps<R extends Row>(
  rows: readonly R[],
  { predicate, columns, conditionCount }: Test,
  columnCache?: ColumnCache<R>,
): Steps<Selection<R>> {
  const all = new Selection(rows);
  const perBlock = Math.max(LEAST_ROWS, Math.floor(CONDITIONS / Math.max(1, conditionCount)));
  const block = new Block(Math.min(perBlock, MOST_ROWS, rows.length));
  const indexes = new Int32Array(rows.length + 1);
  let count = 0;
  for (let start = 0; start < rows.length; start += block.size) {
    block.moveTo(all, start, yield* cacheColumns(columnCache, columns, all));
    const mask = block.takeMask().fill(1);
    predicate(block, mask);
    count = collect(mask, start, indexes, count);
    block.returnMask();
    yield;
  }
  return new Selection(rows, indexes.subarray(0, count));
}

/** Adds the indexes of matching rows. Returns how many there are then. Without a branch, as matches are no pattern. */
function collect(mask: Uint8Array, start: number, indexes: Int32Array, countBefore: number) {
  let count = countBefore;
  for (let index = 0; index < mask.length; index++) {
    indexes[count] = start + index;
    count += mask[index] as number;
  }
  return count;
}
