import type { Report } from "../definition/report.ts";
import type { ReportColumn } from "../definition/totals.ts";
import { type Notation, titleOf, writeValue } from "../run/written-value.ts";
import type { Row } from "../sheet/table.ts";
import { isNumeric } from "../sheet/table.ts";

/** A column of a page: one of the report, or several whose values stand together. */
export interface PageColumn extends Omit<ReportColumn, "path" | "derived"> {
  /** Where its values are in a row. */
  readonly indexes: readonly number[];
  readonly between: string;
  /** In place of a flag that is true; one that is false is empty. */
  readonly yes?: string;
  /** Where the id of the record is that it names; -1 if the rows do not have it. */
  readonly recordIndex: number;
}

/** The columns of a page. What names a row is the first of them. */
export function pageColumns({ columns, joined }: Pick<Report, "columns" | "joined">, notation: Notation) {
  const [name] = joined;
  const made: PageColumn[] = [];
  const linked = new Set<number>();
  for (const column of columns) {
    const group = joined.find(({ of }) => of.includes(column));
    if (group && group.of[0] !== column) continue;
    const { of, between } = group ?? { of: [column], between: "" };
    const last = of.at(-1) ?? column;
    const recordIndex = columns.findIndex((other) => other.holds === "id" && isIdOf(other, last));
    const isFirst = last.holds === "id" || (last.type === "text" && !linked.has(recordIndex));
    const page: PageColumn = {
      ...last,
      title: group?.title ?? titleOf(column, notation),
      total: column.total,
      indexes: of.map((one) => columns.indexOf(one)),
      between,
      yes: group?.yes,
      recordIndex: isFirst ? recordIndex : -1,
    };
    if (isFirst && last.holds !== "id") linked.add(recordIndex);
    if (group && group === name) made.unshift(page);
    else made.push(page);
  }
  return made;
}

/** Whether a column has the ids of the records that another names: it is one of their fields, or the id itself. */
const isIdOf = (id: ReportColumn, { path }: ReportColumn) =>
  id.path.length === path.length && path.slice(0, -1).every((key, index) => id.path[index] === key);

/** The value of a row in a column, for people. */
export function writeCell(row: Row, column: PageColumn, notation: Notation): string {
  const { yes } = column;
  const texts = column.indexes.map((index) => {
    const cell = row[index];
    if (typeof cell === "boolean" && yes) return cell ? yes : "";
    return writeValue(cell, column, notation);
  });
  return [...new Set(texts)].filter((text) => text !== "").join(column.between);
}

/** What the space between columns takes, in characters. */
const SPACE = 2;
/** The longest word, in characters, that widens a column of texts: a longer one breaks. */
const MAX_WORD = 24;
/** Characters that stand beside each other on a phone, a tablet, a screen of 1,024 pixels, and on paper. */
export const room = { phone: 44, tablet: 84, screen: 128, paper: 168 } as const;

/**
 * How many characters a column needs at least, by its title and its values; whether these are of one word each, and
 * whether one breaks.
 */
export function widthOf({ title, type }: PageColumn, texts: readonly string[]) {
  // Without a blank, a line may end only behind a hyphen.
  const isWhole =
    isNumeric(type) ||
    (texts.some((text) => text.includes("-")) && texts.every((text) => /^\S{0,16}$/.test(text)));
  const longestWord = (text: string) =>
    isWhole ? text.length : Math.max(...text.split(" ").map((word) => word.length));
  const inTitle = Math.max(...title.split(" ").map((word) => word.length));
  const longest = texts.reduce((most, text) => Math.max(most, longestWord(text)), inTitle);
  const isBroken = !isWhole && longest > MAX_WORD;
  return { isWhole, isBroken, width: (isBroken ? MAX_WORD : longest) + SPACE };
}
