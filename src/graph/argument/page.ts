import type { Steps } from "../metering/meter.ts";
import { sort as sortSteps } from "../metering/steps.ts";
import type { ColumnCache, Selection } from "../scan/block.ts";
import type { ScannedRow } from "../scan/column.ts";
import { type Ranking, rankSteps, type SortKey } from "../scan/ranking.ts";
import { badInput } from "./bad-input.ts";
import type { Order } from "./order.ts";

/**
 * Encodes the sort key of a row as an opaque cursor. The cursor contains the Alma id and the sort values, not a row
 * number, so it stays valid after a restart and when rows are added or removed. It is not encrypted: callers who may
 * not read a field must not order by it.
 */
export function encodeCursor(order: Order, row: ScannedRow): string {
  return Buffer.from(JSON.stringify([order.id, ...order.sortKey(row)])).toString("base64url");
}

/**
 * Decodes a cursor to its sort key. Throws BAD_USER_INPUT for an invalid cursor, or one of another type or
 * order. `argument` is `after` or `before`.
 */
export function decodeCursor(order: Order, cursor: string, argument: string): SortKey {
  const [id, ...key] = parse(cursor);
  if (id === order.id && order.isKey(key)) return key;
  if (typeof id !== "string" || id === order.id) {
    throw badInput(
      argument,
      "this is not a cursor; use endCursor, startCursor or an edge's cursor unchanged.",
    );
  }
  throw badInput(
    argument,
    "this cursor belongs to another list or order; keep orderBy, and all arguments of groups, the same from page to page.",
  );
}

/** The maximum length of a cursor in characters: more than the values of all columns need. */
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

/** As `maxPage`, makes the whole list the default page. */
export const UNLIMITED_PAGE = Infinity;

/** The coerced pagination arguments of a connection. */
export interface PageInput {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** A page to select: at most `size` rows between two sort keys, from the start or the end. */
export interface PageRequest {
  readonly size: number;
  readonly fromBack: boolean;
  /** Whether the query sets neither `first` nor `last`. */
  readonly isDefaultSize: boolean;
  readonly after: SortKey | null;
  readonly before: SortKey | null;
}

/** A page of a list, and whether the list has rows before and after it. */
export interface Page<R extends ScannedRow> {
  readonly rows: readonly R[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** The number of rows in the whole list. */
  readonly totalCount: number;
}

/** The fields of GraphQL's `PageInfo`. */
export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** Returns the `PageInfo` of a page with the cursors of its first and last row. */
export function pageInfoOf<R extends ScannedRow>(
  { rows, hasNextPage, hasPreviousPage }: Page<R>,
  cursorOf: (row: R) => string,
): PageInfo {
  const cursor = (row: R | undefined) => (row ? cursorOf(row) : null);
  return { hasNextPage, hasPreviousPage, startCursor: cursor(rows[0]), endCursor: cursor(rows.at(-1)) };
}

/** Parses the size of a page. Throws BAD_USER_INPUT with the name of the argument. */
export function parsePageSize(
  argument: string,
  given: number | null | undefined,
  maxPage: number,
  defaultSize = DEFAULT_SIZE,
): number {
  const size = given ?? (maxPage === UNLIMITED_PAGE ? UNLIMITED_PAGE : Math.min(defaultSize, maxPage));
  if (size >= 0 && size <= maxPage) return size;
  const advice = size > maxPage ? ` and go on with ${argument === "first" ? "after" : "before"}` : "";
  throw badInput(argument, `${size} is not a page size; ask for 0 to ${maxPage}${advice}.`);
}

/**
 * Validates the pagination arguments before any call to Alma. The default is `first: 50`, or `maxPage` if
 * that is less, and everything with `UNLIMITED_PAGE`. Throws BAD_USER_INPUT for `first` together with `last`, a size
 * below 0 or above `maxPage`, and an invalid cursor or one of another order.
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
    throw badInput(
      "first",
      "first and last cannot be combined. Use first to page forward, or last to page backward.",
    );
  }
  const isDefaultSize = !fromBack && first == null;
  const size = parsePageSize(fromBack ? "last" : "first", last ?? first, maxPage, defaultSize);
  const decode = (argument: "after" | "before", cursor: string | null | undefined) =>
    cursor == null ? null : decodeCursor(order, cursor, argument);
  return { size, fromBack, isDefaultSize, after: decode("after", after), before: decode("before", before) };
}

/** Selects a page of rows, in steps. Sorts only the rows of the page. */
export function* pageSteps<R extends ScannedRow>(
  rows: Selection<R>,
  request: PageRequest,
  { terms }: Pick<Order, "terms">,
  columnCache?: ColumnCache<R>,
): Steps<Page<R>> {
  const hasCursor = request.after !== null || request.before !== null;
  // A single row needs no sorting, and a reverse link often has only one.
  if (terms.length === 0 || (rows.size < 2 && !hasCursor)) return slicePage(rows, request);
  const ranking = yield* rankSteps(rows, terms, columnCache);
  return yield* selectPage(rows, request, ranking);
}

/** Selects a page of rows that are already sorted. */
function slicePage<R extends ScannedRow>(rows: Selection<R>, request: PageRequest): Page<R> {
  const { after, before } = request;
  const from = after === null ? 0 : countAbove(rows, after[0] - 1);
  const to = before === null ? rows.size : countAbove(rows, before[0]);
  return pageBetween(rows, from, to, request);
}

/** Counts the rows with a higher id, by binary search. */
export function countAbove(rows: Selection<ScannedRow>, id: number) {
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
 * The number of passes over the rows; each visits rows from the whole list. In a single pass, rows sorted in reverse
 * order would be the worst case: each would replace all rows before it.
 */
const PASSES = 64;

/** Selects a page of ranked rows: counts those before the cursors and keeps the best of the rest. */
function* selectPage<R extends ScannedRow>(
  rows: Selection<R>,
  request: PageRequest,
  ranking: Ranking,
): Steps<Page<R>> {
  const { size, fromBack, after, before } = request;
  const compareAfter = after && ranking.comparisonWith(after);
  const compareBefore = before && ranking.comparisonWith(before);
  const best = bestOf(size, fromBack ? (a, b) => ranking.compare(b, a) : ranking.compare);
  // Most rows can be excluded by their first number alone.
  const numbers = after || before || fromBack ? undefined : ranking.numbers;
  let worst = Infinity;
  let from = 0;
  let to = before ? 0 : rows.size;
  // Each yield reads the clock, which is too expensive for every single row.
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

/** Collects the best `size` items. */
function bestOf(size: number, compare: (a: number, b: number) => number) {
  /** Contains up to twice `size` items. After trimming, the first `size` are sorted. */
  let items: number[] = [];
  let worst: number | undefined;

  /** Returns the items, best first. */
  function* sort(): Steps<number[]> {
    const sorted = yield* sortSteps(items, compare);
    return sorted.slice(0, size);
  }

  return {
    /** The worst item kept by the last `trim`. */
    get worst() {
      return worst;
    },
    /** Returns whether an item may be among the best. */
    isBetter: (item: number) => (worst === undefined ? size > 0 : compare(item, worst) < 0),
    /** Adds an item and returns whether `trim` is due. */
    add: (item: number) => items.push(item) >= size * 2,
    /** Removes the items that are not among the best. */
    *trim(): Steps<void> {
      items = yield* sort();
      worst = items.at(-1);
    },
    sort,
  };
}

/** Returns the page of a list from `from` up to `to`. `page` has its rows if they are already sorted. */
function pageBetween<R extends ScannedRow>(
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
