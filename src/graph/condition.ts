import type { Column, Row } from "./column.ts";

/** What a filter becomes: true for the rows that stay. */
export type Test = (row: Row) => boolean;

const ascii = /^\p{ASCII}*$/u;

/**
 * Text for comparing without regard to case, in any script. Upper case, because only that brings together "ß" and
 * "SS", the three sigmas, and the Turkish "ı" with "I"; "İ" is then taken as "I" too, so that "istanbul" finds
 * "İstanbul". Letters stay letters: "й" is not "и", "é" is not "e". Composed and decomposed forms are one.
 */
function fold(text: string): string {
  // The same for most text, in a third of the time.
  if (ascii.test(text)) return text.toUpperCase();
  return text.normalize("NFC").toUpperCase().normalize("NFC").replaceAll("\u0130", "I");
}

/** Folds the texts of one column; the last one is remembered, for the many conditions that may be asked of one row. */
function foldingOf(column: Column): (text: string) => string {
  let folding = foldings.get(column);
  if (!folding) {
    let last = "";
    let folded = "";
    folding = (text) => {
      if (text !== last) [last, folded] = [text, fold(text)];
      return folded;
    };
    foldings.set(column, folding);
  }
  return folding;
}

const foldings = new WeakMap<Column, (text: string) => string>();

type Condition = (column: Column, operand: unknown) => (value: unknown) => boolean;

const negated =
  (condition: Condition): Condition =>
  (column, operand) => {
    const holds = condition(column, operand);
    return (value) => !holds(value);
  };

const compared =
  (holds: (sign: number) => boolean): Condition =>
  ({ comparison }, operand) =>
  (value) =>
    value !== null && holds(comparison.compare(value, operand));

const eq: Condition = ({ comparison }, operand) => {
  const wanted = comparison.canonical(operand);
  return (value) => value !== null && comparison.canonical(value) === wanted;
};

const among: Condition = ({ comparison }, operand) => {
  const wanted = new Set((operand as readonly unknown[]).map((one) => comparison.canonical(one)));
  return (value) => value !== null && wanted.has(comparison.canonical(value));
};

const contains: Condition = (column, operand) => {
  const wanted = fold(operand as string);
  const folded = foldingOf(column);
  return (value) => value !== null && folded(value as string).includes(wanted);
};

const startsWith: Condition = (_column, operand) => (value) =>
  value !== null && (value as string).startsWith(operand as string);

const isNull: Condition = (_column, operand) => (value) => (value === null) === operand;

/** A missing value equals nothing, so `ne` and `notIn` hold for it and all the others but `isNull` do not. */
const conditions = new Map<string, Condition>([
  ["eq", eq],
  ["ne", negated(eq)],
  ["in", among],
  ["notIn", negated(among)],
  ["gt", compared((sign) => sign > 0)],
  ["gte", compared((sign) => sign >= 0)],
  ["lt", compared((sign) => sign < 0)],
  ["lte", compared((sign) => sign <= 0)],
  ["contains", contains],
  ["startsWith", startsWith],
  ["isNull", isNull],
]);

/**
 * One condition on a column: eq, ne, in, notIn, gt, gte, lt, lte, contains (whatever the case), startsWith (as
 * written) or isNull. The schema says which a column offers and what the operand is. Throws for another name: the
 * schema then offers what is not built.
 */
export function compileCondition(column: Column, name: string, operand: unknown): Test {
  const condition = conditions.get(name);
  if (condition === undefined)
    throw new Error(`The schema offers the condition "${name}", which is not built.`);
  const holds = condition(column, operand);
  return (row) => holds(column.read(row));
}
