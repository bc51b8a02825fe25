import { badInput } from "./bad-input.ts";
import type { Row } from "./column.ts";
import { decodeCursor } from "./cursor.ts";
import type { Order, SortKey } from "./order.ts";

const DEFAULT_SIZE = 50;

/** The pagination arguments of a connection, as GraphQL has coerced them. */
export interface PageInput {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The rows to select: at most `size` of the rows between the two sort keys, from their start or their end. */
export interface PageRequest {
  readonly size: number;
  readonly fromBack: boolean;
  /** Whether the query says neither `first` nor `last`. */
  readonly isDefaultSize: boolean;
  readonly after: SortKey | null;
  readonly before: SortKey | null;
}

/** A page of a list, and whether the list has rows before and after it. */
export interface Page<R extends Row> {
  readonly rows: readonly R[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** The number of rows in the whole list. */
  readonly totalCount: number;
}

function checkSize(argument: string, size: number, maxPage: number): void {
  if (size >= 0 && size <= maxPage) return;
  const advice = size > maxPage ? ` and go on with ${argument === "first" ? "after" : "before"}` : "";
  throw badInput(argument, `${size} is no size of a page; ask for 0 to ${maxPage}${advice}.`);
}

/**
 * Validates the pagination arguments, before any call to Alma. The default is `first: 50`, or `maxPage` if that is
 * less. Throws BAD_USER_INPUT that names the argument: for `first` together with `last`, for a size below 0 or above
 * `maxPage`, and for a cursor that is invalid or of another order.
 */
export function parsePageInput(input: PageInput, order: Order, maxPage: number): PageRequest {
  const { first, last, after, before } = input;
  const fromBack = last !== null && last !== undefined;
  if (fromBack && first !== null && first !== undefined) {
    throw badInput("first", "first and last are both there; give first to go forward, or last to go back.");
  }
  const isDefaultSize = !fromBack && (first === null || first === undefined);
  const size = last ?? first ?? Math.min(DEFAULT_SIZE, maxPage);
  checkSize(fromBack ? "last" : "first", size, maxPage);
  const decode = (argument: "after" | "before", cursor: string | null | undefined): SortKey | null =>
    cursor === null || cursor === undefined ? null : decodeCursor(order, cursor, argument);
  return { size, fromBack, isDefaultSize, after: decode("after", after), before: decode("before", before) };
}

/** Counts the rows before a sort key, by binary search. `included`: also counts the row at exactly that key. */
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

/** Selects the page from all rows, which are filtered and in `order` already. */
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
