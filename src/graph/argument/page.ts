import type { Row } from "../scan/column.ts";
import type { SortKey } from "../scan/ranking.ts";
import { badInput } from "./bad-input.ts";
import type { Order } from "./order.ts";

/**
 * Encodes the sort key of a row as an opaque cursor. The key holds the Alma id and the values that the order sorts by,
 * not a row number: the cursor stays valid after a restart, and when rows are added or removed, this row included. A
 * cursor is not encrypted: a caller that may not read a field must not be allowed to order by it.
 */
export function encodeCursor(order: Order, row: Row): string {
  return Buffer.from(JSON.stringify([order.id, ...order.sortKey(row)])).toString("base64url");
}

/**
 * Decodes a cursor to its sort key. Throws BAD_USER_INPUT that names the argument (`after` or `before`) for an invalid
 * cursor, and for a cursor of another type or order.
 */
export function decodeCursor(order: Order, cursor: string, argument: string): SortKey {
  const [id, ...key] = parse(cursor);
  if (id === order.id && order.isKey(key)) return key;
  if (typeof id !== "string" || id === order.id) {
    throw badInput(
      argument,
      "this is no cursor; use endCursor, startCursor or an edge's cursor as they came.",
    );
  }
  throw badInput(
    argument,
    "this cursor is of another list or order; keep orderBy, and of groups all arguments, the same from page to page.",
  );
}

/** Characters: more than the values of all columns take. A longer text is not decoded. */
const MAX_LENGTH = 65_536;

function parse(cursor: string): readonly unknown[] {
  if (cursor.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(cursor)) return [];
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}

const DEFAULT_SIZE = 50;

/** In place of `maxPage`: the default is then all that there is. */
export const WHOLE = Number.POSITIVE_INFINITY;

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

/** What GraphQL's `PageInfo` says of a page. */
export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** What is said of a page, with the cursors of its first and last row. */
export function pageInfoOf<R extends Row>(
  { rows, hasNextPage, hasPreviousPage }: Page<R>,
  cursorOf: (row: R) => string,
): PageInfo {
  const cursor = (row: R | undefined) => (row ? cursorOf(row) : null);
  return { hasNextPage, hasPreviousPage, startCursor: cursor(rows[0]), endCursor: cursor(rows.at(-1)) };
}

/** The size of a page, by default as of `parsePageInput`. Throws BAD_USER_INPUT that names the argument. */
export function parsePageSize(
  argument: string,
  given: number | null | undefined,
  maxPage: number,
  defaultSize = DEFAULT_SIZE,
): number {
  const size = given ?? (maxPage === WHOLE ? WHOLE : Math.min(defaultSize, maxPage));
  if (size >= 0 && size <= maxPage) return size;
  const advice = size > maxPage ? ` and go on with ${argument === "first" ? "after" : "before"}` : "";
  throw badInput(argument, `${size} is no size of a page; ask for 0 to ${maxPage}${advice}.`);
}

/**
 * Validates the pagination arguments, before any call to Alma. The default is `first: 50`, or `maxPage` if that is
 * less, and everything with `WHOLE`. Throws BAD_USER_INPUT that names the argument: for `first` together with `last`,
 * for a size below 0 or above `maxPage`, and for a cursor that is invalid or of another order.
 */
export function parsePageInput(
  input: PageInput,
  order: Order,
  maxPage: number,
  defaultSize?: number,
): PageRequest {
  const { first, last, after, before } = input;
  const fromBack = last != null;
  if (fromBack && first != null) {
    throw badInput("first", "first and last are both there; give first to go forward, or last to go back.");
  }
  const isDefaultSize = !fromBack && first == null;
  const size = parsePageSize(fromBack ? "last" : "first", last ?? first, maxPage, defaultSize);
  const decode = (argument: "after" | "before", cursor: string | null | undefined) =>
    cursor == null ? null : decodeCursor(order, cursor, argument);
  return { size, fromBack, isDefaultSize, after: decode("after", after), before: decode("before", before) };
}
