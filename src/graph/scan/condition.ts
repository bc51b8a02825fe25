import type { Column } from "./column.ts";
import type { Scale } from "./comparison.ts";
import { fold } from "./fold.ts";
import type { IdSet } from "./id-set.ts";
import type { Predicate } from "./predicate.ts";

/** Compares numbers with a value, and sets the mask to 0 for those that do not compare so. NaN stands for none. */
type NumberOperator = (numbers: Float64Array, mask: Uint8Array, wanted: number) => void;

/**
 * A missing value equals nothing: `ne`, `notIn` and `isNull: true` match it, and no other operator does. Each loop is
 * without a branch: values are no pattern, so that one would be guessed wrong half of the time.
 */
const numberOperators: Readonly<Record<string, NumberOperator>> = {
  eq(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++) mask[at] = Number(mask[at]) & Number(numbers[at] === wanted);
  },
  ne(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++) mask[at] = Number(mask[at]) & Number(numbers[at] !== wanted);
  },
  gt(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++)
      mask[at] = Number(mask[at]) & Number((numbers[at] as number) > wanted);
  },
  gte(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++)
      mask[at] = Number(mask[at]) & Number((numbers[at] as number) >= wanted);
  },
  lt(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++)
      mask[at] = Number(mask[at]) & Number((numbers[at] as number) < wanted);
  },
  lte(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++)
      mask[at] = Number(mask[at]) & Number((numbers[at] as number) <= wanted);
  },
  // No filter offers these two: a missing value is neither greater nor less, so it matches.
  notGt(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++)
      mask[at] = Number(mask[at]) & Number(!((numbers[at] as number) > wanted));
  },
  notLt(numbers, mask, wanted) {
    for (let at = 0; at < mask.length; at++)
      mask[at] = Number(mask[at]) & Number(!((numbers[at] as number) < wanted));
  },
};

/** Whether a value with this sign, compared with the operand, matches. */
const signMatches: Readonly<Record<string, (sign: number) => boolean>> = {
  eq: (sign) => sign === 0,
  ne: (sign) => sign !== 0,
  gt: (sign) => sign > 0,
  gte: (sign) => sign >= 0,
  lt: (sign) => sign < 0,
  lte: (sign) => sign <= 0,
  notGt: (sign) => sign <= 0,
  notLt: (sign) => sign >= 0,
};

/** Matches the rows whose values compare with the operand: their numbers, and of equal numbers the exact values. */
function comparesWith<V>(
  column: Column<V>,
  { numberOf, isExact }: Scale<V>,
  operand: V,
  name: string,
  maskNumbers: NumberOperator,
): Predicate {
  const wanted = numberOf(operand);
  const isExactOperand = isExact(operand);
  return (block, mask) => {
    const found = block.numbers(column as Column);
    const ties = isExactOperand && found.isExact ? [] : findTies(found.numbers, mask, wanted);
    maskNumbers(found.numbers, mask, wanted);
    for (const index of ties) {
      const sign = column.comparison.compare(column.read(block.row(index)) as V, operand);
      mask[index] = Number(signMatches[name]?.(sign));
    }
  };
}

function findTies(numbers: Float64Array, mask: Uint8Array, wanted: number): number[] {
  const ties: number[] = [];
  for (let index = 0; index < mask.length; index++)
    if (mask[index] === 1 && numbers[index] === wanted) ties.push(index);
  return ties;
}

/** Matches the rows whose values are among these. */
function isAmong<V>(
  column: Column<V>,
  { numberOf, isExact, canonical }: Scale<V>,
  operands: readonly V[],
  isNegated: boolean,
): Predicate {
  const wanted = new Set(operands.map(numberOf));
  const areOperandsExact = operands.every(isExact);
  let exactly: ReadonlySet<unknown> | undefined;
  const isExactlyAmong = (value: V): boolean => {
    exactly ??= new Set(operands.map(canonical));
    return exactly.has(canonical(value));
  };
  return (block, mask) => {
    const { numbers, isExact: isExactBlock } = block.numbers(column as Column);
    const isTieEqual = areOperandsExact && isExactBlock;
    for (let index = 0; index < mask.length; index++) {
      if (mask[index] === 0) continue;
      let isFound = wanted.has(numbers[index] as number);
      if (isFound && !isTieEqual) isFound = isExactlyAmong(column.read(block.row(index)) as V);
      if (isFound === isNegated) mask[index] = 0;
    }
  };
}

/** Matches the rows whose numbers equal one that is known when the rows are tested; none if that is null. */
export function equalsNumber(column: Column<number>, getWanted: () => number | null): Predicate {
  return (block, mask) => {
    const wanted = getWanted() ?? Number.NaN;
    const { numbers } = block.numbers(column as Column);
    for (let index = 0; index < mask.length; index++) if (numbers[index] !== wanted) mask[index] = 0;
  };
}

/** Matches the rows whose numbers are among ids that are known when the rows are tested. */
export function isAmongIds(column: Column<number>, getIds: () => Pick<IdSet, "has">): Predicate {
  return (block, mask) => {
    const ids = getIds();
    const { numbers } = block.numbers(column as Column);
    for (let index = 0; index < mask.length; index++)
      if (mask[index] === 1 && !ids.has(numbers[index] as number)) mask[index] = 0;
  };
}

/** Matches the rows whose value in one column is not above that in another, as far as they have both. */
export function isInOrder<V>(first: Column<V>, second: Column<V>): Predicate {
  return (block, mask) => {
    const from = block.numbers(first as Column).numbers;
    const to = block.numbers(second as Column).numbers;
    for (let at = 0; at < mask.length; at++) if ((from[at] as number) > (to[at] as number)) mask[at] = 0;
  };
}

/** Matches the rows that have no value, or those that have one. */
function isNull(column: Column, isWanted: boolean): Predicate {
  const { scale } = column.comparison;
  return (block, mask) => {
    const numbers = scale && block.numbers(column).numbers;
    const values = scale ? undefined : block.values(column);
    for (let index = 0; index < mask.length; index++) {
      const isMissing = numbers ? Number.isNaN(numbers[index]) : values?.[index] === null;
      if (isMissing !== isWanted) mask[index] = 0;
    }
  };
}

/** Makes a test of a text, or null, from an operand. */
type TextOperator = (operand: unknown) => (text: string | null) => boolean;

const isEqual: TextOperator = (operand) => (text) => text === operand;

const isIn: TextOperator = (operand) => {
  const wanted = new Set(operand as readonly (string | null)[]);
  return (text) => wanted.has(text);
};

const negate =
  (operator: TextOperator): TextOperator =>
  (operand) => {
    const matches = operator(operand);
    return (text) => !matches(text);
  };

const textOperators: Readonly<Record<string, TextOperator>> = {
  eq: isEqual,
  ne: negate(isEqual),
  in: isIn,
  notIn: negate(isIn),
  startsWith: (operand) => (text) => text?.startsWith(operand as string) === true,
  contains: (operand) => (text) => text?.includes(operand as string) === true,
};

function testsTexts(column: Column, matches: (text: string | null) => boolean, isFolded: boolean): Predicate {
  return (block, mask) => {
    const texts = isFolded ? block.foldedTexts(column) : (block.values(column) as readonly (string | null)[]);
    for (let index = 0; index < mask.length; index++)
      if (mask[index] === 1 && !matches(texts[index] as string | null)) mask[index] = 0;
  };
}

function normalizeOperand({ comparison: { normalize } }: Column, operand: unknown): unknown {
  if (!normalize) return operand;
  return Array.isArray(operand) ? operand.map(normalize) : normalize(operand);
}

/** Folds the case of a text, or of several. */
const foldOperand = (operand: unknown): unknown =>
  Array.isArray(operand) ? operand.map(fold) : fold(operand as string);

/**
 * Compiles one condition on a column: eq, ne, in, notIn, gt, gte, lt, lte, contains, startsWith or isNull. `contains`
 * ignores the case of texts, the others do so if `ignoreCase`. The schema decides which of them a column offers, and
 * the type of the operand. Throws a plain Error for an operator that is not implemented.
 */
export function compileCondition<V>(
  column: Column<V>,
  name: string,
  operand: unknown,
  ignoreCase = false,
): Predicate {
  const anyColumn = column as Column;
  if (name === "isNull") return isNull(anyColumn, operand as boolean);
  const { scale } = column.comparison;
  const numberOperator = numberOperators[name];
  const textOperator = textOperators[name];
  const normalized = normalizeOperand(anyColumn, operand);
  if (!scale && textOperator) {
    const isFolded = ignoreCase || name === "contains";
    return testsTexts(anyColumn, textOperator(isFolded ? foldOperand(normalized) : normalized), isFolded);
  }
  if (scale && numberOperator) return comparesWith(column, scale, normalized as V, name, numberOperator);
  if (scale && (name === "in" || name === "notIn"))
    return isAmong(column, scale, normalized as readonly V[], name === "notIn");
  throw new Error(`The schema offers the operator "${name}", which is not implemented.`);
}
