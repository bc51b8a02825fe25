import type { Steps } from "../metering/meter.ts";
import { type Block, type ColumnCache, type Selection, scanBlocks } from "./block.ts";
import type { Column, Scale, ScannedRow } from "./column.ts";

/** A column to order by. Rows without a value come last in either direction. */
export interface OrderTerm {
  readonly column: Column;
  readonly descending: boolean;
}

/** The position of a row in an order: its Alma id, then the values of the order's columns. */
export type SortKey = readonly [id: number, ...values: unknown[]];

/** The order of a selection by one term, by position. */
interface TermRanking {
  /** Rows with greater numbers come later. NaN means no value. */
  readonly numbers?: Float64Array;
  compare(first: number, second: number): number;
  /** Compares rows with a value, which may come from a row that no longer exists. */
  comparisonWith(value: unknown): (position: number) => number;
}

/** Orders the rows of a selection by some terms, then by Alma id, highest first. */
function createRanking(rows: Selection<ScannedRow>, terms: readonly TermRanking[]) {
  return {
    /**
     * By position: rows with greater numbers come later; NaN decides nothing. Undefined if the first term has no
     * numbers.
     */
    numbers: terms[0]?.numbers,
    /** Compares two rows by position. 0 only if they are the same. */
    compare(first: number, second: number) {
      for (const term of terms) {
        const sign = term.compare(first, second);
        if (sign !== 0) return sign;
      }
      return first - second;
    },
    /** Compares rows with a sort key, which may come from a row that no longer exists. */
    comparisonWith([id, ...values]: SortKey): (position: number) => number {
      const comparisons = terms.map((term, index) => term.comparisonWith(values[index]));
      return (index) => {
        for (const compare of comparisons) {
          const sign = compare(index);
          if (sign !== 0) return sign;
        }
        return id - rows.at(index).id;
      };
    },
  };
}

export type Ranking = ReturnType<typeof createRanking>;

/** Ranks rows by their current values, in steps. */
export function* rankSteps<R extends ScannedRow>(
  rows: Selection<R>,
  terms: readonly OrderTerm[],
  columnCache?: ColumnCache<R>,
): Steps<Ranking> {
  const columns = terms.map(({ column }) => column);
  const collected = terms.map((term) => {
    const { scale } = term.column.comparison;
    return scale ? collectNumbers(term, scale, rows) : collectTexts(term);
  });
  yield* scanBlocks(rows, columns, columnCache, (block, start) => {
    for (const { add } of collected) add(block, start);
  });
  return createRanking(
    rows,
    collected.map(({ rank }) => rank()),
  );
}

interface Collector {
  add(block: Block, start: number): void;
  rank(): TermRanking;
}

function collectNumbers(term: OrderTerm, scale: Scale<unknown>, rows: Selection<ScannedRow>): Collector {
  /** Negated for a descending term; NaN means no value. */
  const numbers = new Float64Array(rows.size);
  const sign = term.descending ? -1 : 1;
  const read = (index: number) => term.column.read(rows.at(index));
  let isExact = true;
  return {
    add(block, start) {
      const found = block.numbers(term.column);
      for (let index = 0; index < block.size; index++)
        numbers[start + index] = sign * (found.numbers[index] as number);
      isExact &&= found.isExact;
    },
    rank: () => ({
      numbers,
      compare(first, second) {
        const a = numbers[first] as number;
        const b = numbers[second] as number;
        if (a < b) return -1;
        if (a > b) return 1;
        if (a !== b) return compareMissing(Number.isNaN(a), Number.isNaN(b));
        return isExact ? 0 : compareValues(term, read(first), read(second));
      },
      comparisonWith(value) {
        if (value === null) return (index) => compareMissing(Number.isNaN(numbers[index]), true);
        const target = scale.numberOf(value) * sign;
        const isTieEqual = isExact && scale.isExact(value);
        return (index) => {
          const number = numbers[index] as number;
          if (number < target) return -1;
          if (number > target) return 1;
          if (number !== target) return compareMissing(true, false);
          return isTieEqual ? 0 : compareValues(term, read(index), value);
        };
      },
    }),
  };
}

function collectTexts(term: OrderTerm): Collector {
  const values: unknown[] = [];
  return {
    add(block) {
      for (const value of block.values(term.column)) values.push(value);
    },
    rank: () => ({
      compare: (first, second) => compareValues(term, values[first], values[second]),
      comparisonWith: (value) => (index) => compareValues(term, values[index], value),
    }),
  };
}

function compareValues({ column, descending }: OrderTerm, a: unknown, b: unknown) {
  if (a === null || b === null) return compareMissing(a === null, b === null);
  const sign = column.comparison.compare(a, b);
  return descending ? -sign : sign;
}

const compareMissing = (isFirstMissing: boolean, isSecondMissing: boolean) =>
  Number(isFirstMissing) - Number(isSecondMissing);
