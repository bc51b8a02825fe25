import { makeExecutableSchema } from "@graphql-tools/schema";
import fc from "fast-check";
import { graphql, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { dateScalar, dateTimeScalar, decimalScalar } from "../../../src/graph/argument/scalar.ts";

const schema = makeExecutableSchema({
  typeDefs: `
    scalar Date
    scalar DateTime
    scalar Decimal
    input Days { eq: Date in: [Date!] }
    input Flats { start: Days rent: Decimal and: [Flats!] }
    type Query {
      day(on: Date): Date
      amount(of: Decimal): Decimal
      moment(at: DateTime): DateTime
      flats(first: Int, filter: Flats): Boolean
    }
  `,
  resolvers: {
    Date: dateScalar,
    DateTime: dateTimeScalar,
    Decimal: decimalScalar,
    Query: {
      day: (_root, { on }: { on: unknown }) => on,
      amount: (_root, { of }: { of: unknown }) => of,
      moment: (_root, { at }: { at?: string }) => (at ? new Date(at) : Date.UTC(2024, 1, 29, 12)),
    },
  },
});

/** The values parsed from a literal and from a variable; null if rejected. */
const literal = async (field: string, argument: string, text: string): Promise<unknown> =>
  (await graphql({ schema, source: `{ ${field}(${argument}: ${text}) }` })).data?.[field] ?? null;
const variable = async (field: string, argument: string, type: string, value: unknown): Promise<unknown> => {
  const source = `query ($value: ${type}) { ${field}(${argument}: $value) }`;
  return (await graphql({ schema, source, variableValues: { value } })).data?.[field] ?? null;
};
const day = async (text: string): Promise<unknown> => {
  const answer = await variable("day", "on", "Date", text);
  expect(await literal("day", "on", JSON.stringify(text))).toBe(answer);
  return answer;
};
const amount = async (text: string): Promise<unknown> => {
  const answer = await variable("amount", "of", "Decimal", text);
  expect(await literal("amount", "of", JSON.stringify(text))).toBe(answer);
  return answer;
};

describe("Date", () => {
  it.each(["2024-02-29", "2000-02-29", "0001-01-01", "0099-12-31", "9999-12-31"])(
    "accepts %s",
    async (text) => {
      expect(await day(text)).toBe(text);
    },
  );

  it.each([
    "2024-02-30",
    "2023-02-29",
    "1900-02-29",
    "2024-04-31",
    "2024-13-01",
    "2024-00-10",
    "2024-01-00",
    "0000-01-01",
    "2024-1-1",
    "20240101",
    "2024-01-01T00:00:00",
    "2024-01-01\n",
    " 2024-01-01",
    "+2024-01-01",
    "12024-01-01",
    "٢٠٢٤-٠١-٠١",
    "today",
    "",
  ])("refuses %j", async (text) => {
    expect(await day(text)).toBeNull();
  });

  it("accepts exactly the days of the calendar", async () => {
    const parts = fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.nat(13), fc.nat(32));
    await fc.assert(
      fc.asyncProperty(parts, async ([year, month, number]) => {
        const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
        const lengths = [0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        const exists = number >= 1 && number <= (lengths[month] ?? 0);
        const two = (part: number): string => String(part).padStart(2, "0");
        const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(number)}`;
        expect(await variable("day", "on", "Date", text)).toBe(exists ? text : null);
      }),
    );
  });

  it("refuses values that are not text", async () => {
    for (const value of [20240101, true, ["2024-01-01", "2024-01-02"], {}]) {
      expect(await variable("day", "on", "Date", value)).toBeNull();
    }
    for (const text of ["20240101", "2024.5", "true", "TODAY", "[]", "{}"]) {
      expect(await literal("day", "on", text)).toBeNull();
    }
  });
});

describe("Decimal", () => {
  it.each([
    ["0", "0.00"],
    ["4500", "4500.00"],
    ["4500.000", "4500.00"],
    ["0.1250", "0.125"],
    ["0.00", "0.00"],
    ["-0.00", "0.00"],
    ["4500.00", "4500.00"],
    ["007.50", "7.50"],
    ["-12.2", "-12.20"],
    ["12345678901234567890.12345678901234567890", "12345678901234567890.1234567890123456789"],
  ])("parses %j as %j", async (text, taken) => {
    expect(await amount(text)).toBe(taken);
  });

  it.each([
    "",
    "abc",
    "1e3",
    "1E3",
    "NaN",
    "Infinity",
    "-",
    ".5",
    "5.",
    "+1",
    "1,000",
    "1 000",
    " 1",
    "1\n",
    "0x10",
    "٣",
  ])("refuses %j", async (text) => {
    expect(await amount(text)).toBeNull();
  });

  it("refuses more digits than any amount has", async () => {
    expect(await amount("9".repeat(100))).toBe(`${"9".repeat(100)}.00`);
    expect(await amount("9".repeat(101))).toBeNull();
  });

  it.each([
    ["12", "12.00"],
    ["-3", "-3.00"],
    ["0.10", "0.10"],
    ["4500.00", "4500.00"],
    ["0.1234567890123456789", "0.1234567890123456789"],
    ["99999999999999999999", "99999999999999999999.00"],
    ["1e3", null],
    ["1.5E-3", null],
    ["true", null],
    ["[1]", null],
    ["TEN", null],
  ])("parses the literal %s digit by digit as %j", async (text, taken) => {
    expect(await literal("amount", "of", text)).toBe(taken);
  });

  it.each([
    [0, "0.00"],
    [12.22, "12.22"],
    [-0.1, "-0.10"],
    [2 ** 53 - 1, "9007199254740991.00"],
    [2 ** 53, null],
    [0.1 + 0.2, null],
    [1e21, null],
    [1e-7, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [true, null],
    [["1", "2"], null],
  ])("parses the variable %j as %j", async (value, taken) => {
    expect(await variable("amount", "of", "Decimal", value)).toBe(taken);
  });

  it("accepts a number in a variable only if no digit was lost", async () => {
    const written = fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 18n }), fc.integer({ min: 0, max: 6 }));
    await fc.assert(
      fc.asyncProperty(written, async ([digits, places]) => {
        const padded = digits.toString().padStart(places + 1, "0");
        const whole = padded.slice(0, padded.length - places);
        const fraction = padded.slice(padded.length - places).replace(/0+$/, "");
        const text = fraction === "" ? whole : `${whole}.${fraction}`;
        const form = `${whole}.${fraction.padEnd(2, "0")}`;
        const taken = await variable("amount", "of", "Decimal", JSON.parse(text));
        if (text.replace(".", "").replace(/^0+/, "").length <= 15) expect(taken).toBe(form);
      }),
    );
  });

  it("prints Alma's value, even if it is not a decimal", () => {
    for (const said of ["0.00", "12.220", "1e3", "n/a"]) expect(decimalScalar.serialize(said)).toBe(said);
  });
});

describe("DateTime", () => {
  it("is printed in UTC, and accepted as input in any zone", async () => {
    expect((await graphql({ schema, source: "{ moment }" })).data?.moment).toBe("2024-02-29T12:00:00.000Z");
    expect(dateTimeScalar.serialize(new Date(0))).toBe("1970-01-01T00:00:00.000Z");
    for (const text of [
      "2024-02-29T12:00:00.000Z",
      "2024-02-29T16:00:00+04:00",
      "2024-02-29T12:00:00.000000Z",
    ])
      expect(await variable("moment", "at", "DateTime", text)).toBe("2024-02-29T12:00:00.000Z");
    for (const text of [
      "2024-02-29",
      "yesterday",
      "2024-13-01T00:00:00Z",
      "2024-02-30T00:00:00Z",
      "2024-02-28T24:00:00Z",
    ])
      expect(await variable("moment", "at", "DateTime", text)).toBeNull();
  });
});

describe("a parse error", () => {
  it.each([
    [`{ day(on: "2024-02-30") }`, "on"],
    [`{ amount(of: abc) }`, "of"],
    [`{ flats(first: 5, filter: { rent: "x" }) }`, "filter.rent"],
    [
      `{ flats(filter: { rent: "1", start: { in: ["2024-01-01", "2024-02-30"] } }, first: 1) }`,
      "filter.start.in",
    ],
    [`{ flats(filter: { and: [{ rent: 1 }, { start: { in: [], eq: 7 } }] }) }`, "filter.and.start.eq"],
    [
      `{ a: day(on: "2024-01-01") flats(filter: { start: { eq: "", in: ["2024-01-01"] } }) }`,
      "filter.start.eq",
    ],
    [`query ($f: Int = 1) { flats(first: $f, filter: { rent: { a: 1 } }) }`, "filter.rent"],
    [`query ($on: Date = "2024-02-30") { day(on: $on) }`, "$on"],
    [`query ($n: Int = 1, $f: [Flats!] = [{ start: { eq: "x" } }]) { flats(first: $n) }`, "$f.start.eq"],
    [`{ flats(filter: # { (\n { rent: "}{" }) }`, "filter.rent"],
  ])("of a literal in %s names the argument", (source, argument) => {
    const errors = validate(schema, parse(source)).filter(({ extensions }) => "argument" in extensions);
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: "BAD_USER_INPUT", argument }]);
    expect(errors[0]?.message).toMatch(`${argument}: `);
    expect(errors[0]?.locations).toHaveLength(1);
  });

  it("is made even if the document has no locations", () => {
    const [error] = validate(schema, parse(`{ day(on: "2024-02-30") }`, { noLocation: true }));
    expect(error?.extensions).toEqual({ code: "BAD_USER_INPUT", argument: "value" });
  });

  it("of a variable names the variable and the path in it", async () => {
    const source = "query ($filter: Flats) { flats(filter: $filter) }";
    const variableValues = { filter: { and: [{ start: { in: ["2024-02-30"] } }] } };
    const { errors } = await graphql({ schema, source, variableValues });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect(errors?.[0]?.message).toMatch(
      `"$filter" got invalid value "2024-02-30" at "filter.and[0].start.in[0]"`,
    );
  });

  it("shows only the beginning of a long value", () => {
    expect(() => dateScalar.parseValue("x".repeat(10_000))).toThrow(/^.{1,150}$/s);
  });
});
