import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ItemKind, itemKinds } from "../../../src/capabilities/bitrix/item/item-kind.ts";
import type { JsonValue } from "../../../src/capabilities/bitrix/item/json-object.ts";
import { dubai, given, least, read } from "./mapped.ts";

const manyFields = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`ufCrm${n}`, 0]));

describe("extracting the item", () => {
  const camel = { id: 7, title: "A7", ufCrm6_1682232396330: "12", ufCrm6_1684425402: 8 };
  const upper = { ID: "7", TITLE: "A7", UF_CRM_6_1682232396330: "12", UF_CRM_6_1684425402: ["8"] };
  test.each<readonly [string, JsonValue]>([
    ["the whole answer of crm.item.get", { result: { item: camel }, time: { start: 1 } }],
    ["its result", { item: camel }],
    ["an answer without item", { result: camel, time: {} }],
    ["the item alone", camel],
    ["a list of one", [camel]],
    ["a list of one answer", [{ result: { item: camel } }]],
    ["an answer of crm.item.list with one", { result: { items: [camel] }, total: 1 }],
    ["Bitrix's original names", { result: upper }],
    ["both spellings mixed", { ID: 7, title: "A7", UF_CRM_6_1682232396330: "12", ufCrm6_1684425402: 8 }],
  ])("%s", (_, sent) => {
    const item = dubai.map("apartment", sent);
    expect(item).toMatchObject({ kind: "apartment", id: "7", errors: [] });
    expect(given(item, "unit")).toMatchObject({ externalId: "7", name: "A7", number: "12" });
    expect(item.links).toEqual({ unit: { kind: "unit", id: "8", from: "ufCrm6_1684425402" } });
  });

  test("an item with very many values is mapped", () => {
    const item = dubai.map("apartment", { ...camel, list: Array(4_000).fill({ url: "x" }) });
    expect(item).toMatchObject({ id: "7", errors: [] });
  });

  test.each<readonly [string, JsonValue, RegExp]>([
    ["a list of two", [camel, camel], /2 items in a list.*Send one item/],
    ["an empty list", [], /no item.*Send one item/],
    ["a text", "7", /a text was sent.*Send one item/],
    ["a number", 7, /a number was sent/],
    ["nothing", null, /null was sent/],
    ["an error", { error: "NOT_FOUND", error_description: "" }, /an error \("NOT_FOUND"\) and no item/],
    ["more values than an item has", { id: 7, list: Array(10_000).fill({}) }, /may have 10000 values; more/],
    ["more fields than an item has", { item: manyFields(10_001) }, /may have 10000 values; more/],
    ["too many lists", [[[[[[[camel]]]]]]], /wrapped too often/],
  ])("%s is refused", (_, sent, why) => {
    const item = dubai.map("apartment", sent);
    expect(item).toMatchObject({ fields: [], links: {}, errors: [{ code: "INVALID" }] });
    expect(item.id).toBeUndefined();
    expect(item.errors[0]?.message).toMatch(why);
  });

  test.each<readonly [JsonValue]>([
    [{}],
    [{ id: "" }],
    [{ id: 0 }],
    [{ id: null }],
    [{ id: {} }],
    [{ id: true }],
  ])("%j without an id is refused", (sent) => {
    const { id, errors: faults } = dubai.map("apartment", sent);
    expect(id).toBeUndefined();
    expect(faults).toMatchObject([{ code: "REQUIRED", message: expect.stringContaining("id in Bitrix") }]);
  });
});

describe("a code", () => {
  test("differs from one without its underscore between digits", () => {
    const item = dubai.map("apartment", { id: 1, ufCrm61682232396330: "x", ufCrm61_682232396330: "y" });
    expect(given(item, "unit")).not.toHaveProperty("number");
  });

  test("in the mapping's spelling wins over another spelling", () => {
    const sent = { UF_CRM_6_1682232396330: "old", id: 1, ufCrm6_1682232396330: "exact" };
    expect(given(dubai.map("apartment", sent), "unit").number).toBe("exact");
  });

  test("of words is found in both spellings", () => {
    const item = read("tenantContract", "UF_CRM_20_CONTRACT_START_DATE", "2025-08-21");
    expect(given(item, "tenantContract").startDate).toBe("2025-08-21");
  });

  test("of a file field may be flattened with urlMachine", () => {
    const item = read("ownerContract", "ufCrm10_1694000435068__urlMachine", "https://bitrix.example/9");
    expect(given(item, "client").passportScan).toEqual({ link: "https://bitrix.example/9" });
    const list = read("tenantContract", "ufCrm20Contract[]urlMachine", "https://bitrix.example/9");
    expect(given(list, "tenantContract").contractScan).toEqual({ link: "https://bitrix.example/9" });
  });
});

describe("a value", () => {
  const number = "ufCrm6_1682232424142";
  const price = "opportunity";
  const start = "ufCrm20ContractStartDate";
  const pool = "ufCrm6_1697622591377";
  const baths = "ufCrm6_1682232465964";
  const link = { link: "https://bitrix.example/9" };
  const file = { id: 9, urlMachine: "https://bitrix.example/9" };

  test.each<readonly [string, string, JsonValue, unknown]>([
    [pool, "isSwimmingPool", "N", false],
    [pool, "isSwimmingPool", "Y", true],
    [pool, "isSwimmingPool", true, true],
    [pool, "isSwimmingPool", false, false],
    [pool, "isSwimmingPool", "1", true],
    [pool, "isSwimmingPool", "0", false],
    [pool, "isSwimmingPool", 0, false],
    [pool, "isSwimmingPool", ["Y"], true],
    [number, "internalArea", "45.5", 45.5],
    [number, "internalArea", 45, 45],
    [number, "internalArea", ["45"], 45],
    [number, "internalArea", ["45", 45], 45],
    [baths, "numberOfBaths", "2.00", 2],
    [baths, "numberOfBaths", false, 0],
  ])("%s of an apartment gives %s: %j is %j", (code, field, raw, value) => {
    const item = read("apartment", code, raw);
    expect(item.errors).toEqual([]);
    expect(given(item, "unit")).toHaveProperty(field, value);
  });

  test.each<readonly [string, string, JsonValue, unknown]>([
    [price, "price", "12.5", "12.50"],
    [price, "price", 12.5, "12.50"],
    [price, "price", "5000|AED", "5000.00"],
    [price, "price", "5000.10|aed", "5000.10"],
    [price, "price", "|AED", "0.00"],
    [price, "price", "12345678901234567890.123456789", "12345678901234567890.123456789"],
    [price, "price", "0100.00", "100.00"],
    [price, "price", "-1", "-1.00"],
    [start, "startDate", "2025-08-21", "2025-08-21"],
    [start, "startDate", "2025-08-21T23:59:59-11:00", "2025-08-21"],
    [start, "startDate", "2025-08-21T00:00:00Z", "2025-08-21"],
    [start, "startDate", "21.08.2025", "2025-08-21"],
    [start, "startDate", "21.08.2025 14:00:00", "2025-08-21"],
    ["ufCrm20Contract", "contractScan", file, link],
    ["ufCrm20Contract", "contractScan", [file], link],
    ["ufCrm20Contract", "contractScan", [file, { id: 10, urlMachine: "https://bitrix.example/10" }], link],
    ["ufCrm20Contract", "contractScan", "https://bitrix.example/9", link],
    ["ufCrm20Contract", "contractScan", [], null],
    ["ufCrm20Contract", "contractScan", {}, null],
    ["ufCrm20Contract", "contractScan", null, null],
  ])("%s of a tenant contract gives %s: %j is %j", (code, field, raw, value) => {
    const item = read("tenantContract", code, raw);
    expect(item.errors).toEqual([]);
    expect(given(item, "tenantContract")).toHaveProperty(field, value);
  });

  test.each<readonly [ItemKind, string, JsonValue]>([
    ["apartment", number, "45,5"],
    ["apartment", number, "1 000"],
    ["apartment", number, "1e3"],
    ["apartment", number, "45 m"],
    ["apartment", number, "many"],
    ["apartment", number, ["45", "46"]],
    ["apartment", number, "45|AED"],
    ["apartment", baths, "2.5"],
    ["apartment", baths, "99999999999"],
    ["apartment", pool, "yes"],
    ["apartment", pool, "2"],
    ["apartment", "title", { deep: { deeper: 1 } }],
    ["apartment", "title", true],
    ["tenantContract", price, "5000|USD"],
    ["tenantContract", price, "5,000"],
    ["tenantContract", price, "AED 5000"],
    ["tenantContract", start, "08/21/2025"],
    ["tenantContract", start, "2025-02-30"],
    ["tenantContract", start, "31.02.2025"],
    ["tenantContract", start, "2025-8-21"],
    ["tenantContract", start, "2025-08-21 or so"],
    ["tenantContract", start, "tomorrow"],
    ["tenantContract", start, 1755734400],
    ["tenantContract", "ufCrm20Contract", { id: 9 }],
    ["tenantContract", "ufCrm20Contract", "9"],
    ["tenantContract", "ufCrm20Contract", { id: 9, urlMachine: "file:///etc/passwd" }],
    ["tenantContract", "ufCrm20_1693561495", { a: 1 }],
  ])("of %s %s is never guessed: %j", (kind, code, raw) => {
    const item = read(kind, code, raw);
    expect(item.errors.length).toBeGreaterThan(0);
    for (const fault of item.errors) {
      expect(["INVALID", "UNKNOWN_OPTION"]).toContain(fault.code);
      expect(fault).toMatchObject({ field: code, message: expect.stringContaining(code) });
      expect(fault.message).toMatch(/\.$/);
    }
    const atFault = item.fields.filter(({ from }) => from === code);
    expect(atFault.length).toBeGreaterThan(0);
    for (const field of atFault) expect(field.value).toBeUndefined();
  });

  test("in another currency is refused, in the amount or in a field of its own", () => {
    const contract = { ...least.tenantContract, opportunity: "5000", currencyId: "USD" };
    expect(dubai.map("tenantContract", contract).errors[0]?.message).toMatch(
      /"USD".*AED.*nothing is converted/,
    );
    expect(dubai.map("tenantContract", { ...contract, currencyId: "AED" }).errors).toEqual([]);
    expect(dubai.map("tenantContract", { ...contract, CURRENCY_ID: "EUR", currencyId: "" }).errors).toEqual(
      [],
    );
  });
});

describe("a link", () => {
  test.each([
    ["unit", "ufCrm8_1684429208", "apartment"],
    ["tenantContract", "ufCrm20_1693919019", "unit"],
    ["ownerContract", "ufCrm10_1693823301", "apartment"],
  ] as const)("of %s, %s, names %s", (kind, code, other) => {
    for (const raw of [12, "12", [12], ["12"]]) {
      const item = read(kind, code, raw);
      expect(item.errors).toEqual([]);
      expect(item.links[other]).toEqual({ kind: other, id: "12", from: code });
    }
    for (const raw of ["", null, [], 0, "0", [0], false]) {
      const { errors: faults, links } = read(kind, code, raw);
      expect(links[other]).toBeUndefined();
      expect(faults).toMatchObject([{ code: "MISSING_LINK", field: code }]);
      expect(faults[0]?.message).toMatch(/must name.*is empty\. Set it in Bitrix/);
    }
    const { [code]: _, ...without } = least[kind];
    expect(dubai.map(kind, { ...without, title: "A" })).toMatchObject({
      errors: [],
      missing: [{ code: "MISSING_LINK", field: code }],
    });
  });

  test.each(["tenantContract", "ownerContract"] as const)("of %s names its contact", (kind) => {
    expect(dubai.map(kind, least[kind]).links.contact).toEqual({
      kind: "contact",
      id: "3",
      from: "contactId",
    });
    const { contactId: _, ...rest } = least[kind];
    const several = dubai.map(kind, { ...rest, contactIds: [9] });
    expect(several.links.contact).toEqual({ kind: "contact", id: "9", from: "contactIds" });
    expect(dubai.map(kind, { ...rest, contactId: 0, contactIds: [] }).errors).toMatchObject([
      { code: "MISSING_LINK", field: "contactId" },
    ]);
    expect(dubai.map(kind, { ...rest, contactIds: [9, 10] }).errors).toMatchObject([
      { code: "INVALID", field: "contactIds" },
    ]);
  });

  test("of a unit is the first of several apartments; that of an apartment may be empty", () => {
    expect(read("unit", "ufCrm8_1684429208", [12, 13]).links.apartment?.id).toBe("12");
    expect(read("apartment", "ufCrm6_1684425402", "").errors).toEqual([]);
    expect(dubai.map("apartment", least.apartment).links).toEqual({});
    expect(read("apartment", "ufCrm6_1684425402", [8, 9]).links.unit?.otherIds).toEqual(["9"]);
  });
});

describe("any input", () => {
  const codes = [
    "id",
    "ID",
    "title",
    "contactId",
    "ufCrm6_1682232424142",
    "UF_CRM_6_1682232465964",
    "ufCrm6_1697622591377",
    "ufCrm6_1682233481671",
    "ufCrm8_1684429208",
    "ufCrm20Contract",
    "ufCrm20ContractStartDate",
    "opportunity",
    "PHONE",
    "BIRTHDATE",
    "__proto__",
    "constructor",
    "result",
    "item",
  ];
  const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<JsonValue>;
  const item = fc.dictionary(fc.constantFrom(...codes), json) as fc.Arbitrary<JsonValue>;

  test("is mapped without an exception, and unmappable values are reported", () => {
    fc.assert(
      fc.property(fc.constantFrom(...itemKinds), fc.oneof(json, item), (kind, sent) => {
        const mapped = dubai.map(kind, sent);
        expect(mapped.kind).toBe(kind);
        if (mapped.id === undefined) expect(mapped.errors).not.toEqual([]);
        for (const { value, error: fault } of mapped.fields)
          expect(value === undefined).toBe(fault !== undefined);
        for (const { error: fault } of mapped.fields) if (fault) expect(mapped.errors).toContain(fault);
        for (const { message } of mapped.errors) expect(message).toMatch(/\.$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("with prototype keys or deep nesting does no harm", () => {
    const nested = (levels: number): JsonValue => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    const deep = nested(9_000);
    const poisoned: JsonValue = JSON.parse(
      '{"__proto__": {"id": 1, "polluted": true}, "constructor": {"prototype": 1}}',
    );
    expect(dubai.map("apartment", poisoned).id).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(dubai.map("apartment", deep).errors).toHaveLength(1);
    expect(read("apartment", "title", nested(200_000)).errors[0]).toMatchObject({ code: "INVALID" });
    expect(read("apartment", "title", deep).errors[0]).toMatchObject({ code: "INVALID", field: "title" });
    expect(read("tenantContract", "ufCrm20Contract", deep).errors).toMatchObject([{ code: "INVALID" }]);
    expect(read("unit", "ufCrm8_1684429208", deep).errors).toMatchObject([{ code: "INVALID" }]);
  });

  test("is mapped to the same result every time", () => {
    const sent = { ...least.apartment, title: "A", ufCrm6_1682233481671: 96 };
    expect(dubai.map("apartment", sent)).toEqual(dubai.map("apartment", structuredClone(sent)));
  });
});

describe("an item with an entityTypeId", () => {
  const errorsOf = (kind: ItemKind, entityTypeId: string | number) =>
    dubai.map(kind, { ...least[kind], entityTypeId }).errors;

  test("of its kind is accepted", () => {
    expect(errorsOf("apartment", 144)).toEqual([]);
    expect(errorsOf("unit", "167")).toEqual([]);
    expect(errorsOf("ownerContract", 1036)).toEqual([]);
    expect(errorsOf("apartment", "")).toEqual([]);
  });

  test.each([
    ["apartment", 167],
    ["apartment", "183"],
    ["unit", 144],
    ["ownerContract", 183],
    ["contact", 4],
  ] as const)("and is sent as %s although it is of type %s is refused", (kind, type) => {
    expect(errorsOf(kind, type)).toMatchObject([{ code: "INVALID", field: "entityTypeId" }]);
  });
});
