import type { Steps } from "../metering/meter.ts";
import { sortSteps } from "../metering/steps.ts";
import type { ColumnCache } from "../scan/cached-column.ts";
import type { Row } from "../scan/column.ts";
import { type Ranking, rankSteps } from "../scan/ranking.ts";
import type { Selection } from "../scan/selection.ts";
import type { Order } from "./order.ts";
import type { Page, PageRequest } from "./page.ts";

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
