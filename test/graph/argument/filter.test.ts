import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compileFilter,
  customFilter,
  type FilterTable,
  nestedFilter,
  refFilter,
} from "../../../src/graph/argument/filter.ts";
import { almaId, createColumnFactories } from "../../../src/graph/scan/column.ts";
import { compileCondition } from "../../../src/graph/scan/condition.ts";
import { not } from "../../../src/graph/scan/predicate.ts";
import { matching } from "../scan/matching.ts";
import { refusal } from "./refusal.ts";

interface Flat {
  name: string | null;
  price: string | null;
  bedrooms: number | null;
  startDate?: string | null;
  isArchived: boolean | null;
  propertyType: { value: string | null } | null;
  building: { id: number; name: string } | null;
}

const of = createColumnFactories<Flat>();
const building = of.int("building", "id");
const startDate = of.date("startDate");
const table: FilterTable = {
  almaId,
  name: of.text("name"),
  price: of.decimal("price"),
  bedrooms: of.int("bedrooms"),
  startDate,
  isArchived: of.boolean("isArchived"),
  propertyType: of.text("propertyType", "value"),
  building: refFilter(building, ["Building"]),
  rentalObject: refFilter(building, ["Unit", "Room"]),
  site: nestedFilter({ almaId: building, name: of.text("building", "name") }),
  begunOn: customFilter<string>([startDate], (day) => not(compileCondition(startDate, "gt", day))),
};

const flat = (id: number, value: Partial<Flat>) => ({ id, value });
const rows = [
  flat(1, { name: "Marina 9", price: "100.00", bedrooms: 1, startDate: "2024-01-31", isArchived: false }),
  flat(2, { name: "marina 10", price: "100.10", bedrooms: 2, propertyType: { value: "studio" } }),
  flat(3, { name: null, price: null, isArchived: true, building: { id: 7, name: "Tower" } }),
  flat(4, { startDate: "2024-02-29", building: { id: 8, name: "Palm" } }),
];
const found = (input: object): number[] => {
  return matching(rows, compileFilter(table, input).predicate).map(({ id }) => id);
};
describe("a filter", () => {
  it.each<[object, number[]]>([
    [{}, [1, 2, 3, 4]],
    [{ name: { eq: "Marina 9" } }, [1]],
    [{ name: { ne: "Marina 9" } }, [2, 3, 4]],
    [{ name: { in: ["Marina 9", "marina 10", "x"] } }, [1, 2]],
    [{ name: { in: [] } }, []],
    [{ name: { notIn: ["Marina 9"] } }, [2, 3, 4]],
    [{ name: { notIn: [] } }, [1, 2, 3, 4]],
    [{ name: { contains: "MARINA" } }, [1, 2]],
    [{ name: { startsWith: "Marina" } }, [1]],
    [{ name: { isNull: true } }, [3, 4]],
    [{ name: { isNull: false } }, [1, 2]],
    [{ name: { contains: "marina", ne: "Marina 9" } }, [2]],
    [{ name: {} }, [1, 2, 3, 4]],
    [{ almaId: { gte: 2, lt: 4 } }, [2, 3]],
    [{ bedrooms: { gt: 1 } }, [2]],
    [{ bedrooms: { lte: 1 } }, [1]],
    [{ price: { eq: "100" } }, [1]],
    [{ price: { in: ["100.1000"] } }, [2]],
    [{ price: { gt: "100.09999999999999999999" } }, [2]],
    [{ price: { lt: "100.00000000000000000001" } }, [1]],
    [{ startDate: { gte: "2024-02-01" } }, [4]],
    [{ startDate: { lte: "2024-01-31" } }, [1]],
    [{ isArchived: true }, [3]],
    [{ isArchived: false }, [1]],
    [{ propertyType: { eq: "studio" } }, [2]],
    [{ site: { name: { startsWith: "P" } } }, [4]],
    [{ site: { or: [{ almaId: { eq: 7 } }, { name: { eq: "Palm" } }] } }, [3, 4]],
    [{ begunOn: "2024-02-01" }, [1, 2, 3]],
    [{ not: { bedrooms: { gt: 1 } } }, [1, 3, 4]],
    [{ and: [] }, [1, 2, 3, 4]],
    [{ or: [] }, []],
    [{ or: [{ almaId: { eq: 1 } }, { isArchived: true }], not: { almaId: { eq: 3 } } }, [1]],
    [{ and: [{ name: { contains: "1" } }, { bedrooms: { eq: 2 } }] }, [2]],
    [{ building: { almaId: 7 } }, [3]],
    [{ building: { id: "Building:8" } }, [4]],
  ])("%j matches rows %j", (input, ids) => {
    expect(found(input)).toEqual(ids);
  });

  /** Random filters, each with the ids of its matches, computed with sets. */
  const ids = rows.map(({ id }) => id);
  const { tree } = fc.letrec<{
    tree: { input: object; kept: number[] };
    leaf: { input: object; kept: number[] };
  }>((tie) => ({
    leaf: fc.subarray(ids).map((kept) => ({ input: { almaId: { in: kept } }, kept })),
    tree: fc.oneof(
      { maxDepth: 4 },
      tie("leaf"),
      tie("tree").map(({ input, kept }) => ({
        input: { not: input },
        kept: ids.filter((id) => !kept.includes(id)),
      })),
      fc.array(tie("tree"), { maxLength: 3 }).map((parts) => ({
        input: { and: parts.map(({ input }) => input) },
        kept: ids.filter((id) => parts.every(({ kept }) => kept.includes(id))),
      })),
      fc.array(tie("tree"), { maxLength: 3 }).map((parts) => ({
        input: { or: parts.map(({ input }) => input) },
        kept: ids.filter((id) => parts.some(({ kept }) => kept.includes(id))),
      })),
      fc.tuple(tie("leaf"), tie("tree")).map(([leaf, part]) => ({
        input: { ...leaf.input, not: part.input },
        kept: leaf.kept.filter((id) => !part.kept.includes(id)),
      })),
    ),
  }));

  it("combines and, or and not like sets", () => {
    fc.assert(
      fc.property(tree, ({ input, kept }) => {
        expect(found(input)).toEqual(kept);
      }),
    );
  });

  it("matches every row if it is missing or empty", () => {
    expect(matching(rows, compileFilter(table, null).predicate)).toEqual(rows);
    expect(matching(rows, compileFilter(table, undefined).predicate)).toEqual(rows);
  });

  it("lists each field that it reads once, nested ones included", () => {
    const input = {
      name: { eq: "x" },
      or: [{ site: { name: { eq: "x" } } }, { not: { name: { eq: "y" } } }],
    };
    expect(compileFilter(table, input).requiredFields).toEqual(["name", "building"]);
    expect(compileFilter(table, { begunOn: "2024-01-01" }).requiredFields).toEqual(["startDate"]);
    expect(compileFilter(table, { almaId: { eq: 1 } }).requiredFields).toEqual([]);
  });
});

describe("a ref in a filter", () => {
  it("by an external id is resolved by the caller, and matches no row if it names no record", () => {
    const { refs, predicate: test } = compileFilter(table, { not: { building: { externalId: "02/1" } } });
    expect(refs).toEqual([
      { ref: { externalId: "02/1" }, types: ["Building"], argument: "filter.not.building", resolvedId: null },
    ]);
    expect(matching(rows, test).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    for (const ask of refs) ask.resolvedId = 8;
    expect(matching(rows, test).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it("by a global id of one of several types is checked by the caller", () => {
    const { refs } = compileFilter(table, { rentalObject: { id: "Room:7" } });
    expect(refs).toEqual([
      { ref: { id: 7 }, types: ["Room"], argument: "filter.rentalObject", resolvedId: null },
    ]);
    expect(compileFilter(table, { rentalObject: { almaId: 7 } }).refs).toEqual([
      { ref: { id: 7 }, types: ["Unit", "Room"], argument: "filter.rentalObject", resolvedId: 7 },
    ]);
  });
});

describe("a null counts as omitted, like an unset optional variable", () => {
  it.each<[string, object]>([
    ["for a field", { name: null, bedrooms: null, building: null, state: null, site: null }],
    [
      "for an operand",
      { name: { eq: null, contains: null }, bedrooms: { in: null, gt: null, isNull: null } },
    ],
    ["for and, or and not", { and: null, or: null, not: null }],
    [
      "inside and, and in an object inside the record",
      { and: [{ name: { ne: null } }, { site: { almaId: null } }] },
    ],
  ])("%s", (_what, input) => {
    const filter = compileFilter(table, { ...input, almaId: { gte: 2 } });
    expect(filter.requiredFields).toEqual([]);
    expect(filter.refs).toEqual([]);
    expect(matching(rows, filter.predicate)).toEqual(rows.filter(({ id }) => id >= 2));
  });

  it("also after an or", () => {
    const filter = compileFilter(table, {
      or: [{ almaId: { eq: 1 } }, { almaId: { eq: 2 } }],
      name: { eq: null },
    });
    expect(matching(rows, filter.predicate).map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe("a filter is refused with the path of the invalid part", () => {
  const deep = (levels: number): object => (levels === 1 ? {} : { not: deep(levels - 1) });
  const wide = (conditions: number) => ({
    or: Array.from({ length: conditions }, (_, index) => ({ almaId: { eq: index } })),
  });

  const numbers = Array.from({ length: 5_000 }, (_, index) => index);
  const text = "й".repeat(100_000);
  const repeated = (condition: object) => ({ and: Array(300).fill(condition) });

  it.each<[string, object, string]>([
    ["a null inside or", { or: [{ name: null }] }, "filter.or.0.name"],
    ["a null for an operand inside or", { or: [{}, { name: { eq: null } }] }, "filter.or.1.name.eq"],
    ["a null for a list inside not", { not: { or: null } }, "filter.not.or"],
    ["a null deep inside not", { not: { site: { almaId: { in: null } } } }, "filter.not.site.almaId.in"],
    ["a null below and inside or", { or: [{ and: [{ building: null }] }] }, "filter.or.0.and.0.building"],
    ["a null after not", { not: { almaId: { eq: 1 } }, or: [{ name: { ne: null } }] }, "filter.or.0.name.ne"],
    ["a ref of nulls", { building: { externalId: null } }, "filter.building"],
    ["an id of another type", { building: { id: "Unit:1" } }, "filter.building.id"],
    ["an empty external id", { not: { building: { externalId: "" } } }, "filter.not.building.externalId"],
    ["more than 10 levels", deep(11), `filter${".not".repeat(10)}`],
    ["more than 1,000 conditions", wide(1_001), "filter.or.1000.almaId.eq"],
    ["a long list in many conditions", repeated({ almaId: { in: numbers } }), "filter.and.20.almaId.in"],
    ["a long text in many conditions", repeated({ name: { contains: text } }), "filter.and.10.name.contains"],
  ])("for %s", (_what, input, argument) => {
    const found = refusal(() => compileFilter(table, input));
    expect(found.argument).toBe(argument);
    expect(found.message).toMatch(`${argument}: `);
  });

  it("but 10 levels, 1,000 conditions and a long list of values are allowed", () => {
    expect(found(deep(10))).toEqual([]);
    expect(found(wide(1_000))).toEqual([1, 2, 3, 4]);
    expect(found({ almaId: { in: numbers } })).toEqual([1, 2, 3, 4]);
    expect(found({ and: Array(20).fill({ almaId: { in: numbers } }) })).toEqual([1, 2, 3, 4]);
    expect(found({ not: { name: { contains: text } } })).toEqual([1, 2, 3, 4]);
  });

  it("and a field that the table lacks is an internal error", () => {
    expect(() => compileFilter(table, { colour: { eq: "red" } })).toThrow("filter.colour");
    expect(() => compileFilter(table, { name: { like: "red" } })).toThrow('"like"');
  });
});
