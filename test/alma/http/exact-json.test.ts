import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactNumber, parseJson, stringifyJson } from "../../../src/alma/http/exact-json.ts";

test("stringifyJson prints the same as JSON.stringify", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(stringifyJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

/** JSON text and the value that the parser returns for it. */
interface Read {
  readonly text: string;
  readonly value: unknown;
}

const { value: anyValue } = fc.letrec<{ value: Read; leaf: Read; list: Read; object: Read }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("list"), tie("object")),
  leaf: fc.oneof(
    fc.string().map((value) => ({ text: JSON.stringify(value), value })),
    fc.constantFrom(null, true, false).map((value) => ({ text: `${value}`, value })),
    fc.integer().map((cents) => ({ text: `${cents / 100}`, value: cents / 100 })),
    fc
      .bigInt({ min: 10n ** 15n, max: 10n ** 30n })
      .map((whole) => ({ text: `-${whole}`, value: `-${whole}` })),
    fc
      .bigInt({ min: 10n ** 15n, max: 10n ** 30n })
      .map((part) => ({ text: `0.${part}`, value: `0.${part}` })),
  ),
  list: fc.array(tie("value")).map((entries) => ({
    text: `[${entries.map(({ text }) => text).join(", ")}]`,
    value: entries.map(({ value }) => value),
  })),
  object: fc.dictionary(fc.string(), tie("value")).map((members) => ({
    text: `{${Object.entries(members).map(([name, { text }]) => `${JSON.stringify(name)}:${text}`)}}`,
    value: Object.fromEntries(Object.entries(members).map(([name, { value }]) => [name, value])),
  })),
}));

test("parseJson reads short numbers as numbers, long ones as their digits, and everything else unchanged", () => {
  fc.assert(
    fc.property(anyValue, ({ text, value }) => {
      expect(parseJson(text)).toEqual(value);
    }),
  );
});

test("parseJson keeps the digits of any double", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = JSON.stringify(value);
      expect(String(parseJson(text))).toBe(text);
    }),
  );
});

test("digits survive a round trip", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      (whole, part) => {
        const digits = `${whole}.${part}`;
        expect(stringifyJson({ price: new ExactNumber(digits) })).toBe(`{"price":${digits}}`);
        expect(String((parseJson(`{"price":${digits}}`) as { price: unknown }).price)).toBe(
          digits.length > 15 ? digits : String(Number(digits)),
        );
      },
    ),
  );
});

test("text that looks like a number is unchanged", () => {
  const text =
    '{"a":"12345678901234567890","b":"\\\\\\"12345678901234567890","c":[1.5,-12345678901234567890]}';
  expect(parseJson(text)).toEqual({
    a: "12345678901234567890",
    b: '\\"12345678901234567890',
    c: [1.5, "-12345678901234567890"],
  });
});

test("a float that Python prints as a non-number becomes text and does not make the answer unreadable", () => {
  const text = '{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN, -Infinity","d":"Infinity \\" NaN","e":1.5}';
  expect(parseJson(text)).toEqual({
    a: "NaN",
    b: ["-Infinity", "Infinity"],
    c: "NaN, -Infinity",
    d: 'Infinity " NaN',
    e: 1.5,
  });
});

test("an exponent of many digits is part of its number", () => {
  expect(parseJson("[1e1234567890123456789, 12345678901234567890e5]")).toEqual([
    Infinity,
    "12345678901234567890e5",
  ]);
});

test.each([
  "NaNa",
  "-NaN",
  "[1NaN]",
  '"NaN',
  "12345678901234567890.",
  "[01234567890123456789]",
  "--12345678901234567890",
  "1234567890123456.7.8",
])("%s is not JSON", (text) => expect(() => parseJson(text)).toThrow(SyntaxError));
