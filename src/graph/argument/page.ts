import type { Steps } from "../metering/meter.ts";
import { sortSteps } from "../metering/steps.ts";
import type { ColumnCache, Selection } from "../scan/block.ts";
import type { Row } from "../scan/column.ts";
import { type Ranking, rankSteps, type SortKey } from "../scan/ranking.ts";
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

/** Selects the page of the list that has these rows, in steps. Only the rows of the page are sorted. */
export function* pageSteps<R extends Row>(
  rows: Selection<R>,
  request: PageRequest,
  { terms }: Pick<Order, "terms">,
  columnCache?: ColumnCache<R>,
): Steps<Page<R>> {
  const hasCursor = request.after !== null || request.before !== null;
  // One row needs no order: below a record there is often no more.
  if (terms.length === 0 || (rows.size < 2 && !hasCursor)) return slicePage(rows, request);
  const ranking = yield* rankSteps(rows, terms, columnCache);
  return yield* selectPage(rows, request, ranking);
}

/** Selects the page of rows that are in their order already. */
function slicePage<R extends Row>(rows: Selection<R>, request: PageRequest): Page<R> {
  const { after, before } = request;
  const from = after === null ? 0 : countAbove(rows, after[0] - 1);
  const to = before === null ? rows.size : countAbove(rows, before[0]);
  return pageBetween(rows, from, to, request);
}

/** Counts the rows with an id above this one, by binary search. */
export function countAbove(rows: Selection<Row>, id: number) {
  let low = 0;
  let high = rows.size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows.at(middle).id > id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The rows are looked at in so many passes, each of rows from all over the list: in one pass over rows that happen to
 * be sorted the other way round, each would be better than all before it.
 */
const PASSES = 64;

/** Selects the page of ranked rows: counts those before the cursors, and keeps the best of those between. */
function* selectPage<R extends Row>(
  rows: Selection<R>,
  request: PageRequest,
  ranking: Ranking,
): Steps<Page<R>> {
  const { size, fromBack, after, before } = request;
  const compareAfter = after && ranking.comparisonWith(after);
  const compareBefore = before && ranking.comparisonWith(before);
  const best = bestOf(size, fromBack ? (a, b) => ranking.compare(b, a) : ranking.compare);
  // Most rows come later than the worst of the best by their first number alone.
  const numbers = after || before || fromBack ? undefined : ranking.numbers;
  let worst = Number.POSITIVE_INFINITY;
  let from = 0;
  let to = before ? 0 : rows.size;
  // Each yield costs a look at the clock: of a contract on one of many rooms, there is one row.
  for (let pass = 0; pass < Math.min(PASSES, rows.size); pass++) {
    for (let index = pass; index < rows.size; index += PASSES) {
      if (numbers && (numbers[index] as number) > worst) continue;
      const isBefore = compareAfter !== null && compareAfter(index) <= 0;
      const isInFront = compareBefore === null || compareBefore(index) < 0;
      if (isBefore) from++;
      if (compareBefore && isInFront) to++;
      if (isInFront && !isBefore && best.isBetter(index) && best.add(index)) {
        yield* best.trim();
        if (numbers && best.worst !== undefined) worst = numbers[best.worst] as number;
      }
    }
    yield;
  }
  const indexes = yield* best.sort();
  if (fromBack) indexes.reverse();
  const page = indexes.map((index) => rows.at(index));
  return pageBetween(rows, from, to, request, page);
}

/** The best `size` of the items that are added. */
function bestOf(size: number, compare: (a: number, b: number) => number) {
  /** Up to twice as many as are asked for; the first `size` are sorted once there were more. */
  let items: number[] = [];
  let worst: number | undefined;

  /** The best items, the very best first. */
  function* sort(): Steps<number[]> {
    const sorted = yield* sortSteps(items, compare);
    return sorted.slice(0, size);
  }

  return {
    /** The worst of the best, once there were more than are asked for. */
    get worst() {
      return worst;
    },
    /** Whether an item may be one of the best. */
    isBetter: (item: number) => (worst === undefined ? size > 0 : compare(item, worst) < 0),
    /** Adds an item. Returns whether `trim` is due. */
    add: (item: number) => items.push(item) >= size * 2,
    /** Drops what cannot be one of the best. */
    *trim(): Steps<void> {
      items = yield* sort();
      worst = items.at(-1);
    },
    sort,
  };
}

/** The page in the part of a list that begins at `from` and ends before `to`; `page`: its rows, if these are sorted. */
function pageBetween<R extends Row>(
  rows: Selection<R>,
  from: number,
  to: number,
  { size, fromBack }: PageRequest,
  page?: readonly R[],
): Page<R> {
  const last = Math.max(from, to);
  const start = fromBack ? Math.max(from, last - size) : from;
  const end = fromBack ? last : Math.min(last, from + size);
  return {
    rows: page ?? rows.slice(start, end),
    hasNextPage: end < rows.size,
    hasPreviousPage: start > 0,
    totalCount: rows.size,
  };
}
