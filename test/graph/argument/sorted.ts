import type { Order } from "../../../src/graph/argument/order.ts";
import { type PageInput, pageSteps, parsePageInput } from "../../../src/graph/argument/page.ts";
import { Selection } from "../../../src/graph/scan/block.ts";
import type { ScannedRow } from "../../../src/graph/scan/column.ts";
import { complete } from "../../support/steps.ts";

/** A page of rows in an order, whatever their initial order. */
export function pageOf<R extends ScannedRow>(
  rows: readonly R[],
  order: Order,
  input: PageInput,
  maxPage = 10_000,
) {
  const list = new Selection(rows.toSorted((a, b) => b.id - a.id));
  return complete(pageSteps(list, parsePageInput(input, order, maxPage), order));
}

/** All rows in an order. */
export const sorted = <R extends ScannedRow>(rows: readonly R[], order: Order): readonly R[] =>
  pageOf(rows, order, { first: rows.length }).rows;
