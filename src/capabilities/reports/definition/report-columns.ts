import type { Column } from "../sheet/table.ts";
import { indexOfPath, pathOf } from "./columns.ts";
import { addDerivedColumns } from "./derived-column.ts";
import { type Head, ReportFault } from "./head.ts";
import type { ReportColumn, Total } from "./totals.ts";

/** Gives the columns of a report the titles and totals that its head says. Throws a ReportFault. */
export function readReportColumns(
  heads: Head["columns"],
  selected: readonly Column[],
): readonly ReportColumn[] {
  const titles = new Map<string, string>();
  const titled = addDerivedColumns(heads, selected).map((column) => {
    const path = pathOf(column);
    const title = heads[path]?.title ?? column.title;
    const other = titles.get(title);
    if (other !== undefined)
      throw new ReportFault(`Its columns ${other} and ${path} have the same title, ${title}.`);
    titles.set(title, path);
    const countPath = [...column.path.slice(0, -1), "count"];
    const isSum = path.endsWith(".sum") && selected.some((other) => pathOf(other) === countPath.join("."));
    return { ...column, title, ...(isSum && { countPath }) };
  });
  for (const path of Object.keys(heads)) findColumn(titled, path, "head");
  return titled.map((column) => {
    const { amount: isAmount, more: isMore, first: isFirst, means, ages } = heads[pathOf(column)] ?? {};
    return { ...column, total: readTotal(heads, column, titled), isAmount, isMore, isFirst, means, ages };
  });
}

function readTotal(
  heads: Head["columns"],
  column: ReportColumn,
  columns: readonly ReportColumn[],
): Total | undefined {
  const total = heads[pathOf(column)]?.total;
  const { kind, of = [] } = column.derived ?? {};
  if (kind === "change" && of.every((path) => heads[path]?.total === "sum")) {
    const [part, whole] = of.map((path) => findColumn(columns, path, "head"));
    return part && whole && { part, whole, isChange: true };
  }
  if (total === undefined) return undefined;
  const counted = (path: string) => {
    const found = findColumn(columns, path, "head");
    if (["decimal", "integer", "number"].includes(found.type)) return found;
    throw new ReportFault(
      found === column
        ? `Its column ${path} is to have a total, and has no numbers.`
        : `The total of its column ${pathOf(column)} is to be made of ${path}, which has no numbers.`,
    );
  };
  counted(pathOf(column));
  return total === "sum" ? total : { part: counted(total.percent), whole: counted(total.of) };
}

/** The column at a path, which a part of the head names. Throws a ReportFault. */
export function findColumn<C extends Column>(columns: readonly C[], path: string, what: string): C {
  const column = columns[indexOfPath(columns, path)];
  if (column) return column;
  throw new ReportFault(
    `Its ${what} names ${path}, and it has no such column. They are: ${columns.map(pathOf).join(", ")}.`,
  );
}
