import type { Steps } from "../metering/meter.ts";
import { Block, type ColumnCache, cacheColumns, type Selection } from "./block.ts";
import type { Column, Row, Scale } from "./column.ts";

/** A column to order by. Rows without a value come last in either direction. */
export interface OrderTerm {
  readonly column: Column;
  readonly descending: boolean;
}

/** The position of a row in an order: its Alma id, then the values of the order's columns. */
export type SortKey = readonly [id: number, ...values: unknown[]];

/** The rows of a selection as a term orders them, by their positions in it. */
interface TermRanking {
  /** Of two rows with numbers, the one with the greater number comes later. NaN stands for none. */
  readonly numbers?: Float64Array;
  compare(first: number, second: number): number;
  /** Compares rows with a value, which may be of a row that no longer exists. */
  comparisonWith(value: unknown): (position: number) => number;
}

/** The rows of a selection in the order of some terms; equal ones by the Alma id, the highest first. */
function createRanking(rows: Selection<Row>, terms: readonly TermRanking[]) {
  return {
    /** By position: a row with a greater number comes later; NaN says nothing. Undefined if the first term has none. */
    numbers: terms[0]?.numbers,
    /** Compares two rows by their positions: 0 only if they are the same. */
    compare(first: number, second: number) {
      for (const term of terms) {
        const sign = term.compare(first, second);
        if (sign !== 0) return sign;
      }
      return first - second;
    },
    /** Compares rows with the sort key of a row that may no longer exist. */
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

/** So many rows are read between two places where others may have their turn. */
const STRIDE = 2_048;

/** Ranks rows, in steps. Their values are those of now, whatever changes later. */
export function* rankSteps<R extends Row>(
  rows: Selection<R>,
  terms: readonly OrderTerm[],
  columnCache?: ColumnCache<R>,
): Steps<Ranking> {
  const columns = terms.map(({ column }) => column);
  const block = new Block(Math.min(STRIDE, rows.size));
  const collected = terms.map((term) => {
    const { scale } = term.column.comparison;
    return scale ? collectNumbers(term, scale, rows) : collectTexts(term);
  });
  for (let start = 0; start < rows.size; start += block.size) {
    block.moveTo(rows, start, yield* cacheColumns(columnCache, columns, rows));
    for (const { add } of collected) add(block, start);
    yield;
  }
  return createRanking(
    rows,
    collected.map(({ rank }) => rank()),
  );
}

/** Collects what a term compares, block by block. */
interface Collector {
  add(block: Block, start: number): void;
  rank(): TermRanking;
}

function collectNumbers(term: OrderTerm, scale: Scale<unknown>, rows: Selection<Row>): Collector {
  /** Negative if the term is descending; NaN stands for no value. */
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
        const wanted = scale.numberOf(value) * sign;
        const isTieEqual = isExact && scale.isExact(value);
        return (index) => {
          const number = numbers[index] as number;
          if (number < wanted) return -1;
          if (number > wanted) return 1;
          if (number !== wanted) return compareMissing(true, false);
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
