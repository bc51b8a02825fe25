import type { Column, Row } from "./column.ts";

/** A compiled filter: true for the rows that match. */
export type RowPredicate = (row: Row) => boolean;

const ascii = /^\p{ASCII}*$/u;

/**
 * Folds the case of a text, in any script. Upper case equates "ß" with "SS", the three sigmas, and the Turkish "ı" with
 * "I"; "İ" is folded to "I" as well, so that "istanbul" finds "İstanbul". Accents are kept: "é" is not "e", "й" is not
 * "и". Composed and decomposed forms are equal.
 */
function fold(text: string): string {
  // A shortcut with the same result, in a third of the time.
  if (ascii.test(text)) return text.toUpperCase();
  return text.normalize("NFC").toUpperCase().normalize("NFC").replaceAll("\u0130", "I");
}

/** The folding function of a column. It caches its last result, since many conditions may test the same row. */
function foldFor(column: Column): (text: string) => string {
  let folding = foldsByColumn.get(column);
  if (!folding) {
    let last = "";
    let folded = "";
    folding = (text) => {
      if (text !== last) [last, folded] = [text, fold(text)];
      return folded;
    };
    foldsByColumn.set(column, folding);
  }
  return folding;
}

const foldsByColumn = new WeakMap<Column, (text: string) => string>();

type Operator = (column: Column, operand: unknown) => (value: unknown) => boolean;

const negate =
  (operator: Operator): Operator =>
  (column, operand) => {
    const matches = operator(column, operand);
    return (value) => !matches(value);
  };

const comparesAs =
  (matches: (sign: number) => boolean): Operator =>
  ({ comparison }, operand) =>
  (value) =>
    value !== null && matches(comparison.compare(value, operand));

const eq: Operator = ({ comparison }, operand) => {
  const wanted = comparison.canonical(operand);
  return (value) => value !== null && comparison.canonical(value) === wanted;
};

const isIn: Operator = ({ comparison }, operand) => {
  const wanted = new Set((operand as readonly unknown[]).map((item) => comparison.canonical(item)));
  return (value) => value !== null && wanted.has(comparison.canonical(value));
};

const contains: Operator = (column, operand) => {
  const wanted = fold(operand as string);
  const foldText = foldFor(column);
  return (value) => value !== null && foldText(value as string).includes(wanted);
};

const startsWith: Operator = (_column, operand) => (value) =>
  value !== null && (value as string).startsWith(operand as string);

const isNull: Operator = (_column, operand) => (value) => (value === null) === operand;

/** A missing value equals nothing: `ne`, `notIn` and `isNull: true` match it, and no other operator does. */
const operators = new Map<string, Operator>([
  ["eq", eq],
  ["ne", negate(eq)],
  ["in", isIn],
  ["notIn", negate(isIn)],
  ["gt", comparesAs((sign) => sign > 0)],
  ["gte", comparesAs((sign) => sign >= 0)],
  ["lt", comparesAs((sign) => sign < 0)],
  ["lte", comparesAs((sign) => sign <= 0)],
  ["contains", contains],
  ["startsWith", startsWith],
  ["isNull", isNull],
]);

function normalizeOperand({ comparison: { normalize } }: Column, operand: unknown): unknown {
  if (!normalize || typeof operand === "boolean") return operand;
  return Array.isArray(operand) ? operand.map(normalize) : normalize(operand);
}

/**
 * Compiles one condition on a column: eq, ne, in, notIn, gt, gte, lt, lte, contains (ignores case), startsWith (exact)
 * or isNull. The schema decides which of them a column offers, and the type of the operand. Throws a plain Error for an
 * operator that is not implemented.
 */
export function compileCondition(column: Column, name: string, operand: unknown): RowPredicate {
  const operator = operators.get(name);
  if (operator === undefined)
    throw new Error(`The schema offers the operator "${name}", which is not implemented.`);
  const matches = operator(column, normalizeOperand(column, operand));
  return (row) => matches(column.read(row));
}
