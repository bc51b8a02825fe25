import { inSteps, type Steps } from "../../../graph/index.ts";
import type { ReportColumn } from "../definition/columns.ts";
import type { Report } from "../definition/report.ts";
import { type Cell, type Column, type SheetRow, UNREADABLE } from "../sheet/table.ts";
import { combine } from "./derived-cells.ts";
import { OperationFailure } from "./failure.ts";
import { combineAnswers, type ReportCall, type ReportRun, runReport } from "./run-report.ts";
import type { ExecuteForCaller } from "./table-answer.ts";
import { beginTotals } from "./totals.ts";

/** A row of a report at two times, with its change. */
export interface ComparedRow {
  readonly change: "new" | "gone" | "changed" | "unchanged";
  /** The current row; undefined if it no longer exists. */
  readonly now: SheetRow | undefined;
  /** The previous row; undefined if it did not exist. */
  readonly before: SheetRow | undefined;
}

/** The properties of a report that decide how rows are compared. */
type Compared = Pick<Report, "columns" | "key" | "expand">;

/** Returns the columns that identify the item of a row: the columns of its key outside the inner list. */
const itemKey = ({ key = [], expand }: Compared) =>
  key.filter(({ path }) => !expand?.every((name, index) => path[index] === name));

/**
 * Compares the rows of two runs of a report, in steps: current rows in order, then removed ones. Rows are paired by
 * key; remaining rows of one item are paired too, since its key has changed.
 */
export function* compareRows(
  report: Compared,
  rows: readonly SheetRow[],
  earlier: readonly SheetRow[],
): Steps<ComparedRow[]> {
  const { columns, key = [] } = report;
  const pairs = new Map<SheetRow, SheetRow>();
  const taken = new Set<SheetRow>();
  for (const by of report.expand ? [key, itemKey(report)] : [key]) {
    const indexes = by.map((column) => columns.indexOf(column));
    const textOf = (row: SheetRow) => indexes.map((index) => String(row[index])).join("\n");
    const waiting = yield* inSteps.groupBy(earlier, (row) => (taken.has(row) ? undefined : textOf(row)));
    for (const row of rows) {
      const other = pairs.has(row) ? undefined : waiting.get(textOf(row))?.shift();
      if (other) {
        pairs.set(row, other);
        taken.add(other);
      }
      yield;
    }
  }
  const differs = (row: SheetRow, other: SheetRow) =>
    columns.some(({ ages }, index) => !ages && row[index] !== other[index]);
  const compared = rows.map((now): ComparedRow => {
    const before = pairs.get(now);
    if (!before) return { change: "new", now, before };
    return { change: differs(now, before) ? "changed" : "unchanged", now, before };
  });
  const gone = earlier.filter((row) => !taken.has(row));
  return [...compared, ...gone.map((before): ComparedRow => ({ change: "gone", now: undefined, before }))];
}

/**
 * Creates a table of compared rows: the change, every column with its previous value next to it, and the difference of
 * sums. The name of a row is shown once, also for removed rows.
 */
export function comparedTable(report: Compared) {
  const { columns } = report;
  const names = itemKey(report);
  const titles = new Set(columns.map(({ title }) => title));
  const unique = (title: string): string => (titles.has(title) ? unique(`${title} *`) : title);
  const plan: [column: ReportColumn, read: (row: ComparedRow) => Cell | undefined][] = [
    [{ path: ["change"], title: unique("Change"), type: "text" }, ({ change }) => change],
  ];
  for (const [index, column] of columns.entries()) {
    const { title, total } = column;
    const isName = names.includes(column);
    plan.push([column, ({ now, before }) => (now ?? (isName ? before : undefined))?.[index]]);
    if (isName) continue;
    const totalBefore =
      typeof total === "object"
        ? { ...total, part: `${total.part}.before`, whole: `${total.whole}.before` }
        : total;
    plan.push([
      { ...column, path: [...column.path, "before"], title: unique(`${title} before`), total: totalBefore },
      ({ before }) => before?.[index],
    ]);
    if (total !== "sum") continue;
    plan.push([
      { ...column, path: [...column.path, "change"], title: unique(`${title} change`) },
      ({ now, before }) => difference(column, now?.[index] ?? null, before?.[index] ?? null),
    ]);
  }
  return {
    columns: plan.map(([column]) => column),
    toRow: (row: ComparedRow) => plan.map(([, read]) => read(row) ?? null),
  };
}

/**
 * Returns the difference of two values. An empty value counts as zero, unless both are empty. Decimals are texts; other
 * values are numbers.
 */
function difference({ type }: Column, now: Cell, before: Cell): Cell {
  if (now === null && before === null) return null;
  const exact = combine("difference", now ?? 0, before ?? 0);
  return type === "decimal" || exact === UNREADABLE ? exact : Number(exact);
}

/** The number of rows per batch. */
const BATCH = 500;

/** A report that was run for two times. */
export type ComparedRun = Awaited<ReturnType<typeof runComparison>>;

/**
 * Runs a report for two times, as two operations in sequence, each with all limits. Its table contains the compared
 * rows. Rejects with an OperationFailure.
 */
export async function runComparison(
  execute: ExecuteForCaller,
  call: ReportCall,
  against: NonNullable<ReportCall["against"]>,
) {
  const present = await runReport(execute, call);
  const past = await runReport(execute, { ...call, ...against, maxAge: undefined }).catch(
    (error: unknown) => {
      if (error instanceof OperationFailure) error.message = `As known on ${against.asOf}: ${error.message}`;
      throw error;
    },
  );
  const { meter } = present.answer;
  const now = await meter.complete("comparing the rows", takeRows(present));
  const before = await meter.complete("comparing the rows", takeRows(past));
  const rows = await meter.complete("comparing the rows", compareRows(call.report, now.rows, before.rows));
  const { columns, toRow } = comparedTable(call.report);
  return {
    answer: {
      ...combineAnswers(present.answer, past.answer),
      oldest: present.answer.oldest,
      oldestBefore: past.answer.oldest,
    },
    answers: [...present.answers, ...past.answers],
    columns,
    call,
    against,
    rows,
    /** The totals of each time, by column of the report. */
    totals: { now: now.totals, before: before.totals },
    *batches() {
      for (let start = 0; start < rows.length; start += BATCH)
        yield rows.slice(start, start + BATCH).map(toRow);
    },
  };
}

function* takeRows({ columns, batches }: ReportRun) {
  const rows: SheetRow[] = [];
  const totals = beginTotals(columns);
  for (const batch of batches()) {
    for (const row of batch) totals.add(row);
    rows.push(...batch);
    yield;
  }
  return { rows, totals: totals.toTexts() };
}
