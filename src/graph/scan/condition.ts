import { type Column, foldCase, type Scale } from "./column.ts";
import type { Predicate } from "./predicate.ts";

/**
 * The results of a comparison with an operand, as bit numbers. A missing value, bit 0, is neither equal, greater nor
 * less.
 */
const [ABOVE, BELOW, EQUAL] = [1, 2, 3];

/** The bits that each operator matches. No filter offers `notGt` and `notLt`. */
const numberOperators: Readonly<Record<string, number>> = {
  eq: 0b1000,
  ne: 0b0111,
  gt: 0b0010,
  gte: 0b1010,
  lt: 0b0100,
  lte: 0b1100,
  notGt: 0b1101,
  notLt: 0b1011,
};

/** Matches rows by comparing their numbers with the operand, and exact values where numbers are equal. */
function comparesWith<V>(
  column: Column<V>,
  { numberOf, isExact }: Scale<V>,
  operand: V,
  matches: number,
): Predicate {
  const target = numberOf(operand);
  const isExactOperand = isExact(operand);
  return (block, mask) => {
    const { numbers, isExact: isExactBlock } = block.numbers(column);
    const ties = isExactOperand && isExactBlock ? [] : findTies(numbers, mask, target);
    // Branch-free, since the values have no pattern that a processor could predict.
    for (let at = 0; at < mask.length; at++) {
      const number = numbers[at] as number;
      const bit = Number(number >= target) | (Number(number <= target) << 1);
      mask[at] = (mask[at] as number) & (matches >> bit);
    }
    for (const index of ties) {
      const sign = column.comparison.compare(column.read(block.row(index)) as V, operand);
      mask[index] = (matches >> (sign === 0 ? EQUAL : sign > 0 ? ABOVE : BELOW)) & 1;
    }
  };
}

function findTies(numbers: Float64Array, mask: Uint8Array, target: number) {
  const ties: number[] = [];
  for (let index = 0; index < mask.length; index++)
    if (mask[index] === 1 && numbers[index] === target) ties.push(index);
  return ties;
}

/** Matches rows whose values are among these. */
function isAmong<V>(
  column: Column<V>,
  { numberOf, isExact, canonical }: Scale<V>,
  operands: readonly V[],
  isNegated: boolean,
): Predicate {
  const target = new Set(operands.map(numberOf));
  const areOperandsExact = operands.every(isExact);
  let exactly: ReadonlySet<unknown> | undefined;
  const isExactlyAmong = (value: V) => {
    exactly ??= new Set(operands.map(canonical));
    return exactly.has(canonical(value));
  };
  return (block, mask) => {
    const { numbers, isExact: isExactBlock } = block.numbers(column);
    const isTieEqual = areOperandsExact && isExactBlock;
    for (let index = 0; index < mask.length; index++) {
      if (mask[index] === 0) continue;
      let isFound = target.has(numbers[index] as number);
      if (isFound && !isTieEqual) isFound = isExactlyAmong(column.read(block.row(index)) as V);
      if (isFound === isNegated) mask[index] = 0;
    }
  };
}

/** Matches rows whose number equals that of `getNumber`, which is called for each block. Null matches none. */
export function equalsNumber(column: Column<number>, getNumber: () => number | null): Predicate {
  return (block, mask) => {
    const target = getNumber() ?? NaN;
    const { numbers } = block.numbers(column);
    for (let index = 0; index < mask.length; index++) if (numbers[index] !== target) mask[index] = 0;
  };
}

/** Matches rows whose number is among the ids of `getIds`, which is called for each block. */
export function isAmongIds(column: Column<number>, getIds: () => ReadonlySet<number>): Predicate {
  return (block, mask) => {
    const ids = getIds();
    const { numbers } = block.numbers(column);
    for (let index = 0; index < mask.length; index++)
      if (mask[index] === 1 && !ids.has(numbers[index] as number)) mask[index] = 0;
  };
}

/** Matches rows whose first value is not greater than the second, or that lack one of them. */
export function isInOrder<V>(first: Column<V>, second: Column<V>): Predicate {
  return (block, mask) => {
    const from = block.numbers(first).numbers;
    const to = block.numbers(second).numbers;
    for (let at = 0; at < mask.length; at++) if ((from[at] as number) > (to[at] as number)) mask[at] = 0;
  };
}

/** Matches rows without a value, or with one. */
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

/** Creates a test of a text, or null, from an operand. */
type TextOperator = (operand: unknown) => (text: string | null) => boolean;

const isEqual: TextOperator = (operand) => (text) => text === operand;

const isIn: TextOperator = (operand) => {
  const target = new Set(operand as readonly (string | null)[]);
  return (text) => target.has(text);
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

function testsTexts(
  column: Column,
  matches: (text: string | null) => boolean,
  replacesAll: boolean,
): Predicate {
  return (block, mask) => {
    const texts = replacesAll
      ? block.foldedTexts(column)
      : (block.values(column) as readonly (string | null)[]);
    for (let index = 0; index < mask.length; index++)
      if (mask[index] === 1 && !matches(texts[index] as string | null)) mask[index] = 0;
  };
}

function normalizeOperand({ comparison: { normalize } }: Column, operand: unknown) {
  if (!normalize) return operand;
  return Array.isArray(operand) ? operand.map(normalize) : normalize(operand);
}

/** Folds the case of a text, or of several. */
const foldOperand = (operand: unknown): unknown =>
  Array.isArray(operand) ? operand.map(foldCase) : foldCase(operand as string);

/**
 * Compiles one condition on a column: eq, ne, in, notIn, gt, gte, lt, lte, contains, startsWith or isNull.
 * `contains` ignores case, the others only with `ignoreCase`. The schema decides which operators a column
 * offers and the operand's type. Throws a plain Error for an unknown operator.
 */
export function compileCondition<V>(
  column: Column<V>,
  name: string,
  operand: unknown,
  ignoreCase = false,
): Predicate {
  if (name === "isNull") return isNull(column, operand as boolean);
  const { scale } = column.comparison;
  const numberOperator = numberOperators[name];
  const textOperator = textOperators[name];
  const normalized = normalizeOperand(column, operand);
  if (!scale && textOperator) {
    const replacesAll = ignoreCase || name === "contains";
    return testsTexts(column, textOperator(replacesAll ? foldOperand(normalized) : normalized), replacesAll);
  }
  if (scale && numberOperator !== undefined)
    return comparesWith(column, scale, normalized as V, numberOperator);
  if (scale && (name === "in" || name === "notIn"))
    return isAmong(column, scale, normalized as readonly V[], name === "notIn");
  throw new Error(`The schema offers the operator "${name}", which is not implemented.`);
}
