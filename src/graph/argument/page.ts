import { badInput } from "./bad-input.ts";
import type { Row } from "./column.ts";
import { decodeCursor } from "./cursor.ts";
import type { Order, SortKey } from "./order.ts";

const DEFAULT_SIZE = 50;

/** The arguments of a connection, as GraphQL coerced them. */
export interface PageInput {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** Which rows are asked for: `size` at most, from the front or the back of those between the two places. */
export interface PageRequest {
  readonly size: number;
  readonly fromBack: boolean;
  readonly after: SortKey | null;
  readonly before: SortKey | null;
}

/** A page: what it holds, and what lies outside of it in the whole list, in both directions. */
export interface Page<R extends Row> {
  readonly rows: readonly R[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** How many rows the whole list has. */
  readonly totalCount: number;
}

function checkSize(argument: string, size: number, maxPage: number): void {
  if (size >= 0 && size <= maxPage) return;
  const advice = size > maxPage ? ` and go on with ${argument === "first" ? "after" : "before"}` : "";
  throw badInput(argument, `${size} is no size of a page; ask for 0 to ${maxPage}${advice}.`);
}

/**
 * Reads a connection's arguments, before anything is asked of Alma. Without `first` and `last` it is `first: 50`.
 * Throws BAD_USER_INPUT, naming the argument, for `first` and `last` together, for a size below 0 or above `maxPage`,
 * and for a cursor that is none or not of this order.
 */
export function parsePageInput(input: PageInput, order: Order, maxPage: number): PageRequest {
  const { first, last, after, before } = input;
  const fromBack = last !== null && last !== undefined;
  if (fromBack && first !== null && first !== undefined) {
    throw badInput("first", "first and last are both there; give first to go forward, or last to go back.");
  }
  const size = last ?? first ?? Math.min(DEFAULT_SIZE, maxPage);
  checkSize(fromBack ? "last" : "first", size, maxPage);
  const decode = (argument: "after" | "before", cursor: string | null | undefined): SortKey | null =>
    cursor === null || cursor === undefined ? null : decodeCursor(order, cursor, argument);
  return { size, fromBack, after: decode("after", after), before: decode("before", before) };
}

/** How many rows come before the place, the row in that very place included or not. */
function countUpTo(rows: readonly Row[], key: SortKey, order: Order, included: boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const sign = order.compareToKey(rows[middle] as Row, key);
    if (sign < 0 || (included && sign === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Cuts the page out of all rows, which are filtered and in `order` already. */
export function slicePage<R extends Row>(rows: readonly R[], request: PageRequest, order: Order): Page<R> {
  const from = request.after === null ? 0 : countUpTo(rows, request.after, order, true);
  const to = Math.max(
    from,
    request.before === null ? rows.length : countUpTo(rows, request.before, order, false),
  );
  const start = request.fromBack ? Math.max(from, to - request.size) : from;
  const end = request.fromBack ? to : Math.min(to, from + request.size);
  return {
    rows: rows.slice(start, end),
    hasNextPage: end < rows.length,
    hasPreviousPage: start > 0,
    totalCount: rows.length,
  };
}
