import type { Steps } from "../metering/meter.ts";
import { type Block, type ColumnCache, Selection, scanBlocks } from "./block.ts";
import type { Column, ScannedRow } from "./column.ts";

/** A compiled filter: clears the mask (1 or 0 per row of a block) for rows that do not match. Zeros remain. */
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
    // The rows not matched yet, and those of them that the next predicate matches.
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

/** A predicate with its columns and the maximum number of conditions tested for one row. */
interface Test {
  readonly predicate: Predicate;
  readonly columns: Iterable<Column>;
  readonly conditionCount: number;
}

/** Limits for the work between two yields: conditions, and rows. */
const [CONDITIONS, LEAST_ROWS] = [16_384, 16];

/**
 * Selects matching rows, in steps. Each row is tested with its current values, so a concurrent refresh affects the
 * remaining rows.
 */
export function* matchSteps<R extends ScannedRow>(
  rows: readonly R[],
  { predicate, columns, conditionCount }: Test,
  columnCache?: ColumnCache<R>,
): Steps<Selection<R>> {
  const all = new Selection(rows);
  const perBlock = Math.max(LEAST_ROWS, Math.floor(CONDITIONS / Math.max(1, conditionCount)));
  const indexes = new Int32Array(rows.length + 1);
  let count = 0;
  const visit = (block: Block, start: number) => {
    const mask = block.takeMask().fill(1);
    predicate(block, mask);
    count = collect(mask, start, indexes, count);
    block.returnMask();
  };
  yield* scanBlocks(all, columns, columnCache, visit, perBlock);
  return new Selection(rows, indexes.subarray(0, count));
}

/** Appends the indexes of matching rows and returns their number. Branch-free, since matches have no pattern. */
function collect(mask: Uint8Array, start: number, indexes: Int32Array, countBefore: number) {
  let count = countBefore;
  for (let index = 0; index < mask.length; index++) {
    indexes[count] = start + index;
    count += mask[index] as number;
  }
  return count;
}
