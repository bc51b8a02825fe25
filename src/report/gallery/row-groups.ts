import type { Report } from "../definition/report.ts";
import { beginTotals, type ReportColumn, type RunningTotals } from "../definition/totals.ts";
import type { Cell, Row } from "../sheet/table.ts";

/** What several rows come to that follow each other. */
export interface Subtotal {
  readonly label: Cell;
  readonly totals: Row;
}

/** Adds up rows that follow each other and have the same in one column. One alone has no subtotal. */
export class RowGroups {
  readonly #by: number;
  readonly #label: number;
  readonly #columns: readonly ReportColumn[];
  #totals: RunningTotals;
  #last: Row | undefined;
  #size = 0;
  #shown = 0;
  /** By how many of the rows that are shown stand above. */
  readonly subtotals = new Map<number, Subtotal>();

  constructor(columns: readonly ReportColumn[], { by, label }: NonNullable<Report["subtotals"]>) {
    this.#by = columns.indexOf(by);
    this.#label = columns.indexOf(label);
    this.#columns = columns;
    this.#totals = beginTotals(columns);
  }

  /** Adds the next row; `shown`: how many rows are shown up to it, or 0 if it is not itself. */
  add(row: Row, shown: number): void {
    if (this.#last && row[this.#by] !== this.#last[this.#by]) this.end();
    this.#totals.add(row);
    this.#last = row;
    this.#shown = shown;
    this.#size += 1;
  }

  end(): void {
    if (this.#size > 1 && this.#last && this.#shown > 0)
      this.subtotals.set(this.#shown, {
        label: this.#last[this.#label] ?? null,
        totals: this.#totals.toTexts(),
      });
    this.#totals = beginTotals(this.#columns);
    this.#size = 0;
  }
}
