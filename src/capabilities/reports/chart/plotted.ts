import type { ReportColumn } from "../definition/totals.ts";
import type { Written } from "../run/written-value.ts";
import type { Cell } from "../sheet/table.ts";

/** What a chart shows: series over the same points. */
export interface Chart {
  readonly kind: "bar" | "line";
  readonly title: string;
  readonly x: Pick<ReportColumn, "title"> & Written;
  /** The points along x, in the order of the report. */
  readonly points: readonly Cell[];
  /** Whether the report has more points than these. */
  readonly isCut: boolean;
  readonly series: readonly Series[];
}

/** Numbers of one name. */
export interface Series extends Written {
  readonly title: string;
  /** Exact, one for each point; null where there is none. */
  readonly values: readonly Cell[];
  /** Whether it is of all the others together. */
  readonly isOverall?: boolean;
}

/** Whether its points are names, and not in time. */
export const hasNames = ({ x }: Chart): boolean => x.type === "text";

/** A number, or the text of a decimal, as a place in a drawing; undefined for what is none. */
export function numberOf(value: Cell | undefined): number | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const number = Number(value);
  return Number.isFinite(number) && value !== "" ? number : undefined;
}
