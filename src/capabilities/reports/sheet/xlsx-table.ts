import type { ColumnTotal } from "./table.ts";
import { columnLetters, escapeXml, isExactNumber } from "./xlsx-cell.ts";
import { declaration, main } from "./xlsx-package.ts";

/** A cell of the row of totals: a text, or a formula with the value that it has now. */
export type TotalCell = { readonly label: string } | { readonly formula: string; readonly value: string };

/**
 * The row of totals below so many rows, whose formulas follow the filters; empty if there is none. The first cell says
 * what it is, unless it has a total itself. What a spreadsheet would round is a text.
 */
export function totalCells(
  totals: readonly (ColumnTotal | undefined)[],
  count: number,
): readonly (TotalCell | undefined)[] {
  if (count === 0 || totals.every((total) => total === undefined)) return [];
  const sum = (column: number) =>
    `SUBTOTAL(109,${columnLetters(column)}2:${columnLetters(column)}${count + 1})`;
  return totals.map((total, column) => {
    if (!total) return column === 0 ? { label: "Total" } : undefined;
    const { value, percentage } = total;
    if (!isExactNumber(value)) return { label: value };
    if (!percentage) return { formula: sum(column), value };
    const whole = sum(percentage.whole);
    const part = percentage.isChange ? `(${sum(percentage.part)}-${whole})` : sum(percentage.part);
    const decimals = value.split(".")[1]?.length ?? 0;
    return { formula: `IF(${whole}=0,"",ROUND(${part}/${whole}*100,${decimals}))`, value };
  });
}

/** The table that a sheet's rows are: with filters, and with a row of totals if there is one. */
export function tablePart(
  titles: readonly string[],
  count: number,
  totals: readonly (TotalCell | undefined)[],
): string {
  // Without a row a table would be damaged: it has an empty one.
  const lastRow = Math.max(count, 1) + 1;
  const isTotalled = totals.length > 0;
  const last = columnLetters(Math.max(titles.length, 1) - 1);
  const columns = titles.map((title, index) => {
    const start = `<tableColumn id="${index + 1}" name="${escapeXml(title)}"`;
    const cell = totals[index];
    if (!cell) return `${start}/>`;
    if ("label" in cell) return `${start} totalsRowLabel="${escapeXml(cell.label)}"/>`;
    return `${start} totalsRowFunction="custom"><totalsRowFormula>${escapeXml(cell.formula)}</totalsRowFormula></tableColumn>`;
  });
  return `${declaration}<table xmlns="${main}" id="1" name="Report" displayName="Report" ref="A1:${last}${lastRow + (isTotalled ? 1 : 0)}"${isTotalled ? ' totalsRowCount="1"' : ""}><autoFilter ref="A1:${last}${lastRow}"/><tableColumns count="${titles.length}">${columns.join("")}</tableColumns><tableStyleInfo name="TableStyleLight1" showRowStripes="1"/></table>`;
}
