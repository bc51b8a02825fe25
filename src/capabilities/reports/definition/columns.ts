import { isCompositeType, isEnumType } from "graphql";
import { type Column, type ColumnType, isNumeric } from "../sheet/table.ts";
import { type ConditionalText, type DocumentHead, InvalidDocumentError } from "./document.ts";
import type { SelectedField } from "./selected-fields.ts";

const types: Readonly<Record<string, ColumnType | undefined>> = {
  Int: "integer",
  Float: "number",
  Decimal: "decimal",
  Date: "date",
  DateTime: "moment",
  Boolean: "boolean",
};

/** Returns the type of a column by the type of its field in the graph. */
export const columnTypeOf = (name: string): ColumnType => types[name] ?? "text";

/**
 * Returns the leaves below the items of a list as columns, titled by their paths, in document order; and the response
 * paths of inner lists that do not fit in a cell, except the list at `expand`.
 */
export function selectColumns(row: SelectedField, expand: readonly string[] = []) {
  const columns: Column[] = [];
  const lists: string[] = [];
  const add = (field: SelectedField, path: readonly string[]) => {
    const title = path.join(".");
    if (!isCompositeType(field.type)) {
      const type = field.isList ? "text" : columnTypeOf(field.type.name);
      const holds = isEnumType(field.type) ? "code" : field.type.name === "ID" ? "id" : undefined;
      columns.push({ path, title, type, holds });
    } else if (field.isList && title !== expand.join(".")) lists.push(title);
    else for (const inner of field.fields.values()) add(inner, [...path, inner.key]);
  };
  for (const field of row.fields.values()) add(field, [field.key]);
  return { columns, lists };
}

/** Returns the path of a column, joined by dots. */
export const pathOf = ({ path }: Column): string => path.join(".");

/** Returns the index of a column by path; -1 if there is none. */
export const indexOfPath = (columns: readonly Column[], path: string): number =>
  columns.findIndex((column) => pathOf(column) === path);

/** Returns the response paths of the lists of objects that are not inside another list. */
export function outermostLists(fields: ReadonlyMap<string, SelectedField>, before = ""): string[] {
  return [...fields.values()].flatMap((field) => {
    const path = before + field.key;
    if (!isCompositeType(field.type)) return [];
    return field.isList ? [path] : outermostLists(field.fields, `${path}.`);
  });
}

/**
 * The total of a column: its sum, or the sum of one column in percent of another's, by their paths. `isChange`: the
 * change between them.
 */
export type Total = "sum" | { readonly part: string; readonly whole: string; readonly isChange?: boolean };

/** How a column is computed from others of its row: by paths, or by `$` and a variable. */
interface Derivation {
  /** `change`: the change from the second value to the first, in percent. */
  readonly kind: "difference" | "change" | "yearBefore" | "cases" | "words";
  readonly of: readonly string[];
  readonly cases?: readonly ConditionalText[];
  readonly texts?: Readonly<Record<string, string>>;
}

/** A column of a report. */
export interface ReportColumn extends Column {
  /** Undefined if no total is shown. */
  readonly total?: Total;
  /** Whether it contains amounts of money. */
  readonly isAmount?: boolean;
  /** Whether pages show it only on request. */
  readonly isMore?: boolean;
  /** Whether small screens show it before others. */
  readonly isFirst?: boolean;
  /** Whether it changes only with time. */
  readonly ages?: boolean;
  /** How it is computed; undefined for a column of the query. */
  readonly derived?: Derivation;
  /** Explains its values, in sentences. */
  readonly means?: string;
}

/** Returns how a head derives a column; undefined for a column of the query. */
function derivationOf(head: DocumentHead["columns"][string]): Derivation | undefined {
  const { difference, change, yearBefore, cases, words } = head;
  if (difference) return { kind: "difference", of: difference };
  if (change) return { kind: "change", of: change };
  if (yearBefore !== undefined) return { kind: "yearBefore", of: [yearBefore] };
  if (words) return { kind: "words", of: [words.of], texts: words.texts };
  const of = cases?.flatMap(({ text, ...conditions }) => Object.values(conditions).flat());
  return of && { kind: "cases", of, cases };
}

/** Adds the derived columns of a head, each after its sources, cases first. Throws an InvalidDocumentError. */
function addDerivedColumns(
  heads: DocumentHead["columns"],
  selected: readonly Column[],
): readonly ReportColumn[] {
  const columns: ReportColumn[] = [...selected];
  for (const [name, declared] of Object.entries(heads)) {
    const derived = derivationOf(declared);
    if (!derived) continue;
    if (indexOfPath(columns, name) >= 0)
      throw new InvalidDocumentError(`Its column ${name} is computed, and its query has one of that name.`);
    const operands = derived.of.filter((operand) => !operand.startsWith("$"));
    const indexes = operands.map((path) => indexOfPath(columns, path));
    const types = new Set(indexes.map((index) => columns[index]?.type));
    const areDays = derived.kind === "difference" && [...types].every((type) => type === "date");
    const isText = (derived.cases || derived.texts) && !indexes.includes(-1);
    const areNumbers = [...types].every((type) => type === "decimal" || type === "integer");
    if (indexes.length === 0 || !(areDays || areNumbers || isText))
      throw new InvalidDocumentError(
        `Its column ${name} is computed from ${derived.of.join(" and ")}: these must be columns of numbers, or of days.`,
      );
    const type = isText ? "text" : areDays ? "integer" : "decimal";
    columns.splice(derived.cases ? Math.min(...indexes) : Math.max(...indexes) + 1, 0, {
      path: [name],
      title: name,
      type,
      derived,
    });
  }
  return columns;
}

/** Applies the titles and totals of a head to the columns of a report. Throws an InvalidDocumentError. */
export function readReportColumns(
  heads: DocumentHead["columns"],
  selected: readonly Column[],
): readonly ReportColumn[] {
  const titles = new Map<string, string>();
  const titled = addDerivedColumns(heads, selected).map((column) => {
    const path = pathOf(column);
    const title = heads[path]?.title ?? column.title;
    const other = titles.get(title);
    if (other !== undefined)
      throw new InvalidDocumentError(`Its columns ${other} and ${path} have the same title, ${title}.`);
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
  heads: DocumentHead["columns"],
  column: ReportColumn,
  columns: readonly ReportColumn[],
): Total | undefined {
  const total = heads[pathOf(column)]?.total;
  const { kind, of = [] } = column.derived ?? {};
  if (kind === "change" && of.every((path) => heads[path]?.total === "sum")) {
    const [part = "", whole = ""] = of;
    return { part, whole, isChange: true };
  }
  if (total === undefined) return undefined;
  const counted = (path: string) => {
    const found = findColumn(columns, path, "head");
    if (isNumeric(found.type)) return path;
    throw new InvalidDocumentError(
      found === column
        ? `Its column ${path} has a total, but no numbers.`
        : `The total of its column ${pathOf(column)} uses ${path}, which has no numbers.`,
    );
  };
  counted(pathOf(column));
  return total === "sum" ? total : { part: counted(total.percent), whole: counted(total.of) };
}

/** Finds the column at a path used in the head. Throws an InvalidDocumentError. */
export function findColumn<C extends Column>(columns: readonly C[], path: string, what: string): C {
  const column = columns[indexOfPath(columns, path)];
  if (column) return column;
  throw new InvalidDocumentError(
    `Its ${what} names ${path}, which is not a column. The columns are: ${columns.map(pathOf).join(", ")}.`,
  );
}
