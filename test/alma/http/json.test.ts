import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactNumber, parseJson, stringifyJson } from "../../../src/alma/http/json.ts";
import { cpuOf } from "../../support/cpu.ts";

test("stringifyJson prints what JSON.stringify prints", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(stringifyJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("parseJson parses what JSON.parse parses, except numbers that would lose digits", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const plain = JSON.parse(text, (_, each) => (typeof each === "number" ? Number(each) : each));
      const read = JSON.parse(JSON.stringify(parseJson(text)), (_, each) =>
        typeof each === "string" && /^-?\d[\d.]{15,}(e[+-]?\d+)?$/i.test(each) ? Number(each) : each,
      );
      const expected = JSON.parse(JSON.stringify(plain), (_, each) =>
        typeof each === "string" && /^-?\d[\d.]{15,}(e[+-]?\d+)?$/i.test(each) ? Number(each) : each,
      );
      expect(read).toEqual(expected);
    }),
  );
});

test("digits survive the way in and the way out", () => {
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

test("text that looks like numbers is left alone", () => {
  const text =
    '{"a":"12345678901234567890","b":"\\\\\\"12345678901234567890","c":[1.5,-12345678901234567890]}';
  expect(parseJson(text)).toEqual({
    a: "12345678901234567890",
    b: '\\"12345678901234567890',
    c: [1.5, "-12345678901234567890"],
  });
});

test("what Python prints of a float that is no number is the text of it, not the end of the answer", () => {
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

test("a text of many digits or a long number makes a list hardly dearer to parse", () => {
  const listOf = (entry: string) => `[${Array.from({ length: 10_000 }, () => entry).join(",")}]`;
  const cost = (entry: string) => {
    const text = listOf(entry);
    return cpuOf(() => void parseJson(text));
  };
  const plain = cost('{"id":1,"name":"Marina Gate","header":"Apartment 7","email":"a@example.com"}');
  const digits = cost('{"id":1,"name":"1234567890123456","header":"Apartment 7","email":"a@example.com"}');
  const long = cost('{"id":1,"area":1.2345678901234567,"header":"Apartment 7","email":"a@example.com"}');
  // A regular expression over all tokens makes it four times as dear.
  expect(digits / plain).toBeLessThan(3);
  expect(long / plain).toBeLessThan(3);
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
])("%s is no JSON", (text) => expect(() => parseJson(text)).toThrow(SyntaxError));
