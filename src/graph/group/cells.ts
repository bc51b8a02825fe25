import { badInput } from "../argument/bad-input.ts";
import type { Steps } from "../metering/meter.ts";
import { STRIDE } from "../metering/steps.ts";
import type { KeyCodes, RowValues } from "./row-values.ts";

/** The maximum number of groups times periods, limited by memory. */
const MAX_CELLS = 1_000_000;

type VisitCell = (group: number, position: number, period: number) => void;

/** The groups and their rows. Every group has a row, except the groups of all rows together. */
export interface GroupCells {
  readonly count: number;
  /** The position of a row with the keys of each group; -1 if the group has no row. */
  readonly rowOf: Int32Array;
  /** The index of each group's period; 0 without periods. */
  readonly periodOf: Int16Array;
  /** The number of rows of each group. */
  readonly counts: Int32Array;
  /** Calls `visit` with each group of each row, in steps. `order`: the row positions in visiting order. */
  visit(visit: VisitCell, order?: Int32Array): Steps<void>;
}

/** Groups rows, in steps. Throws BAD_USER_INPUT for too many groups. */
export function* groupRows({ size, keys, ranges }: RowValues, periodCount: number): Steps<GroupCells> {
  const combined = yield* combineKeys(size, [...keys.values()]);
  const cellCount = combined.count * periodCount;
  if (ranges && cellCount > MAX_CELLS)
    throw badInput(
      "over",
      `${combined.count} groups in ${periodCount} periods are too many; ${MAX_CELLS} are allowed together. Group by fewer keys, or ask for fewer or longer periods.`,
    );
  const sizes = new Int32Array(cellCount);
  const walk = function* (visit: VisitCell, order?: Int32Array): Steps<void> {
    let visited = 0;
    for (let index = 0; index < size; index++) {
      const position = order ? (order[index] as number) : index;
      const cell = (combined.indexOf[position] as number) * periodCount;
      const first = ranges ? (ranges.first[position] as number) : 0;
      const last = ranges ? (ranges.last[position] as number) : 0;
      for (let period = first; period <= last; period++) visit(cell + period, position, period);
      visited += Math.max(1, last - first + 1);
      if (visited < STRIDE) continue;
      visited = 0;
      yield;
    }
  };
  yield* walk((cell) => {
    sizes[cell] = (sizes[cell] as number) + 1;
  });
  // Without keys, each period has a group of all rows, even if empty.
  const isKept = (cell: number) => keys.size === 0 || (sizes[cell] as number) > 0;
  let count = 0;
  const groupOf = new Int32Array(cellCount).fill(-1);
  for (let cell = 0; cell < cellCount; cell++) if (isKept(cell)) groupOf[cell] = count++;
  yield;
  const rowOf = new Int32Array(count);
  const periodOf = new Int16Array(count);
  const counts = new Int32Array(count);
  for (let cell = 0; cell < cellCount; cell++) {
    const group = groupOf[cell] as number;
    if (group === -1) continue;
    rowOf[group] = combined.rowOf[Math.floor(cell / periodCount)] as number;
    periodOf[group] = cell % periodCount;
    counts[group] = sizes[cell] as number;
  }
  return {
    count,
    rowOf,
    periodOf,
    counts,
    visit: (visit, order) =>
      walk((cell, position, period) => visit(groupOf[cell] as number, position, period), order),
  };
}

/** Rows with the same values of all keys, in any period. */
interface CombinedKeys {
  readonly count: number;
  /** The index of each row's combination. */
  readonly indexOf: Int32Array;
  /** The position of the first row of each combination; -1 if it has none. */
  readonly rowOf: readonly number[];
}

/** Combines the codes of keys one after another, so that the numbers stay small. */
function* combineKeys(size: number, keys: readonly KeyCodes[]): Steps<CombinedKeys> {
  let combined: CombinedKeys = { count: 1, indexOf: new Int32Array(size), rowOf: [size === 0 ? -1 : 0] };
  if (keys.length > 0 && size === 0) return { ...combined, count: 0, rowOf: [] };
  for (const { codes, values } of keys) {
    const indexByPair = new Map<number, number>();
    const indexOf = new Int32Array(size);
    const rowOf: number[] = [];
    for (let position = 0; position < size; position++) {
      const pair = (combined.indexOf[position] as number) * values.length + (codes[position] as number);
      let index = indexByPair.get(pair);
      if (index === undefined) {
        index = rowOf.length;
        indexByPair.set(pair, index);
        rowOf.push(position);
      }
      indexOf[position] = index;
      if (position % STRIDE === STRIDE - 1) yield;
    }
    combined = { count: rowOf.length, indexOf, rowOf };
  }
  return combined;
}
