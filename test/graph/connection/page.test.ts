import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileOrder, type Order } from "../../../src/graph/argument/order.ts";
import { encodeCursor, type PageInput, parsePageInput } from "../../../src/graph/argument/page.ts";
import { createColumnFactories, type ScannedRow } from "../../../src/graph/scan/column.ts";
import { refusal } from "../argument/refusal.ts";
import { pageOf, sorted } from "../argument/sorted.ts";

const name = createColumnFactories<{ name: string | null }>().text("name");
const byName = compileOrder("Flat", { NAME: name }, [{ field: "NAME", direction: "ASC" }], undefined);
const newest = compileOrder("Flat", {}, null, undefined);
const list = (...ids: number[]): ScannedRow[] => ids.map((id) => ({ id, value: { name: null } }));
const cut = (rows: readonly ScannedRow[], input: PageInput, order: Order = newest, maxPage = 10_000) => {
  const { rows: kept, ...rest } = pageOf(rows, order, input, maxPage);
  return { ids: kept.map(({ id }) => id), ...rest };
};
const cursor = (id: number): string => encodeCursor(newest, { id, value: {} });

describe("a page", () => {
  const rows = list(9, 8, 7, 6, 5);

  it.each<[PageInput, number[], boolean, boolean]>([
    [{}, [9, 8, 7, 6, 5], false, false],
    [{ first: null, last: null, after: null, before: null }, [9, 8, 7, 6, 5], false, false],
    [{ first: 2 }, [9, 8], false, true],
    [{ first: 5 }, [9, 8, 7, 6, 5], false, false],
    [{ first: 0 }, [], false, true],
    [{ last: 0 }, [], true, false],
    [{ last: 2 }, [6, 5], true, false],
    [{ first: 2, after: cursor(8) }, [7, 6], true, true],
    [{ first: 2, after: cursor(7) }, [6, 5], true, false],
    [{ first: 2, after: cursor(5) }, [], true, false],
    [{ first: 2, after: cursor(100) }, [9, 8], false, true],
    [{ last: 2, before: cursor(7) }, [9, 8], false, true],
    [{ last: 1, before: cursor(7) }, [8], true, true],
    [{ last: 2, before: cursor(9) }, [], false, true],
    [{ first: 1, before: cursor(7) }, [9], false, true],
    [{ last: 1, after: cursor(7) }, [5], true, false],
    [{ first: 9, after: cursor(9), before: cursor(6) }, [8, 7], true, true],
    [{ first: 9, after: cursor(6), before: cursor(8) }, [], true, true],
  ])("%j", (input, ids, hasPreviousPage, hasNextPage) => {
    expect(cut(rows, input)).toEqual({ ids, hasPreviousPage, hasNextPage, totalCount: 5 });
  });

  it("has 50 rows by default, or MAX_PAGE if that is fewer", () => {
    const many = list(...Array.from({ length: 60 }, (_, index) => 60 - index));
    expect(cut(many, {}).ids).toHaveLength(50);
    expect(cut(many, {}, newest, 20).ids).toHaveLength(20);
  });

  it("of nothing is empty", () => {
    const none = { ids: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 };
    expect(cut([], {})).toEqual(none);
    expect(cut([], { last: 5, before: cursor(3) })).toEqual(none);
  });

  it.each<[PageInput, string, RegExp]>([
    [{ first: -1 }, "first", /-1 is not a page size; ask for 0 to 100\./],
    [{ last: -1 }, "last", /-1 is not a page size; ask for 0 to 100\./],
    [{ first: 101 }, "first", /101 is not a page size; ask for 0 to 100 and go on with after\./],
    [{ last: 101 }, "last", /go on with before\./],
    [{ first: 1, last: 1 }, "first", /first and last cannot be combined/],
    [{ first: 0, last: 0 }, "first", /first and last cannot be combined/],
    [{ after: "x" }, "after", /not a cursor/],
    [{ before: "" }, "before", /not a cursor/],
    [{ after: encodeCursor(byName, { id: 1, value: {} }) }, "after", /another list or order/],
  ])("%j is refused", (input, argument, message) => {
    const found = refusal(() => parsePageInput(input, newest, 100));
    expect(found.argument).toBe(argument);
    expect(found.message).toMatch(message);
  });
});

const flats = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 200 }),
    value: fc.record({ name: fc.constantFrom(null, "", "a", "A", "á", "a9", "a10", "b") }),
  }),
  { selector: ({ id }) => id, maxLength: 25 },
);
const orders = fc.constantFrom(
  newest,
  byName,
  compileOrder("Flat", { NAME: name }, [{ field: "NAME", direction: "DESC" }], undefined),
);

describe("consecutive pages", () => {
  /** The initial rows, and the changes after each page: removed ids and new rows. */
  const history = fc.tuple(
    flats,
    fc.array(fc.tuple(fc.subarray([...Array(200).keys()], { maxLength: 60 }), flats), { maxLength: 8 }),
  );
  it.each(["forward", "backward"])(
    "show each row that stays exactly once, %s, while others are added and removed",
    (direction) => {
      const forward = direction === "forward";
      fc.assert(
        fc.property(history, orders, fc.integer({ min: 1, max: 7 }), ([start, changes], order, size) => {
          let rows: ScannedRow[] = start;
          const lasting = new Set(start.map(({ id }) => id));
          const ever = new Set(lasting);
          const seen: number[] = [];
          const steps = [...changes];
          for (let place: string | undefined, more = true; more; ) {
            const input = forward ? { first: size, after: place } : { last: size, before: place };
            const found = pageOf(rows, order, input);
            seen.push(...(forward ? found.rows : found.rows.toReversed()).map(({ id }) => id));
            const edge = forward ? found.rows.at(-1) : found.rows[0];
            if (edge) place = encodeCursor(order, edge);
            more = (forward ? found.hasNextPage : found.hasPreviousPage) && edge !== undefined;
            const [gone, come] = steps.shift() ?? [[], []];
            for (const id of gone) lasting.delete(id);
            const fresh = come.filter(({ id }) => !ever.has(id));
            for (const { id } of fresh) ever.add(id);
            rows = [...rows.filter(({ id }) => !gone.includes(id)), ...fresh];
          }
          const byId = new Map(start.map((row) => [row.id, row]));
          const inOrder = sorted(
            [...lasting].flatMap((id) => byId.get(id) ?? []),
            order,
          );
          const expected = forward ? inOrder : inOrder.toReversed();
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.filter((id) => lasting.has(id))).toEqual(expected.map(({ id }) => id));
        }),
      );
    },
  );

  it("say whether rows come before and after them", () => {
    const size = fc.record({ size: fc.nat(30), fromBack: fc.boolean() });
    const places = fc.tuple(fc.option(fc.nat(24)), fc.option(fc.nat(24)));
    fc.assert(
      fc.property(
        flats,
        orders,
        size,
        places,
        (unsorted, order, { size: asked, fromBack }, [after, before]) => {
          const rows = sorted(unsorted, order);
          const at = (index: number | null) => (index === null ? undefined : rows[index]);
          const [from, to] = [at(after), at(before)];
          const input = {
            ...(fromBack ? { last: asked } : { first: asked }),
            after: from && encodeCursor(order, from),
            before: to && encodeCursor(order, to),
          };
          const between = rows.filter(
            (_row, index) => (!from || index > rows.indexOf(from)) && (!to || index < rows.indexOf(to)),
          );
          const expected = fromBack
            ? between.slice(Math.max(0, between.length - asked))
            : between.slice(0, asked);
          const found = pageOf(rows, order, input);
          expect(found.rows).toEqual(expected);
          expect(found.totalCount).toBe(rows.length);
          const [head, tail] = [expected[0], expected.at(-1)];
          if (!head || !tail) return;
          expect(found.hasPreviousPage).toBe(rows[0] !== head);
          expect(found.hasNextPage).toBe(rows.at(-1) !== tail);
        },
      ),
    );
  });
});
