import { indexOfPath, pathOf } from "../definition/columns.ts";
import type { ConditionalText } from "../definition/document.ts";
import type { Report } from "../definition/report.ts";
import { DecimalSum } from "../sheet/decimal-sum.ts";
import { type Cell, type Column, type SheetRow, UNREADABLE } from "../sheet/table.ts";

/**
 * Merges rows with the same texts in the columns of `merge`: sums are added, other values come from the last
 * row. Fills columns of cases, and drops rows whose case has no text.
 */
export function mergeRows(
  { columns, merge }: Pick<Report, "columns" | "merge">,
  rows: Iterable<SheetRow>,
  derive: (row: SheetRow) => SheetRow,
): readonly SheetRow[] {
  const indexes = merge?.map((column) => columns.indexOf(column));
  const merged = new Map<unknown, { cells: Cell[]; differing: Set<string> }>();
  for (const row of rows) {
    const values = indexes?.map((index) => row[index]);
    const isKey = values?.every((value) => value != null && value !== UNREADABLE);
    const key = isKey ? JSON.stringify(values) : row;
    const known = merged.get(key);
    if (!known) merged.set(key, { cells: [...row], differing: new Set() });
    else
      for (const [index, column] of columns.entries()) {
        const was = known.cells[index] ?? null;
        const cell = row[index] ?? null;
        if (was !== cell) known.differing.add(pathOf(column));
        known.cells[index] = column.total === "sum" ? addCells(column, was, cell) : cell;
      }
  }
  const made: SheetRow[] = [];
  for (const { cells, differing } of merged.values()) {
    const row = [...derive(cells)];
    const cellAt = (path: string) => row[indexOfPath(columns, path)] ?? null;
    let isLeft = false;
    for (const [index, { derived }] of columns.entries()) {
      if (derived?.kind !== "cases") continue;
      const isUnreadable = derived.of.some((path) => cellAt(path) === UNREADABLE);
      const text = derived.cases?.find((one) => holds(one, cellAt, differing))?.text;
      row[index] = isUnreadable ? UNREADABLE : (text ?? null);
      isLeft ||= row[index] === null;
    }
    if (!isLeft) made.push(row);
  }
  return made;
}

function addCells({ type }: Column, one: Cell, other: Cell): Cell {
  if (one === UNREADABLE || other === UNREADABLE) return UNREADABLE;
  if (one === null || other === null) return one ?? other;
  const sum = new DecimalSum();
  for (const cell of [one, other]) sum.add(String(cell));
  return type === "decimal" ? sum.toString() : Number(sum.toString());
}

function holds(
  { empty, zero, positive, differs }: ConditionalText,
  cellAt: (path: string) => Cell,
  differing: ReadonlySet<string>,
) {
  if (empty !== undefined) return cellAt(empty) === null;
  if (differs !== undefined) return differing.has(differs);
  return [zero ?? positive ?? []].flat().every((path) => {
    const cell = cellAt(path);
    if (cell === null || cell === UNREADABLE) return false;
    return zero === undefined ? Number(cell) > 0 : Number(cell) === 0;
  });
}
