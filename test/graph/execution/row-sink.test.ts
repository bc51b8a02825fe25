import fc from "fast-check";
import { buildSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { executeQuery } from "../../../src/graph/execution/execution.ts";
import { unlimited } from "../../support/unlimited.ts";

const schema = buildSchema(`
  type Query { rows: [Row] rest: Int deep: Deep }
  type Deep { rows: [Row!]! }
  type Row { a: Int! b: String rows: [Row] }
`);

/** The behavior of a row's field. */
type Kind = "known" | "late" | "fails" | "null";
const kinds = fc.constantFrom<Kind>("known", "late", "fails", "null");

const fieldOf = (kind: Kind, value: unknown) => () => {
  if (kind === "late") return Promise.resolve(value);
  if (kind === "fails") throw new Error("No.");
  return kind === "null" ? null : value;
};

/** Takes rows in order, including pending ones. */
function collector(...path: readonly string[]) {
  const added: (string | Promise<string>)[] = [];
  return {
    path,
    add(item: string | Promise<string>) {
      added.push(item);
      if (item instanceof Promise) item.catch(() => {});
    },
    rows: async () => (await Promise.all(added)).map((text) => JSON.parse(text)),
  };
}

test("a sink receives the items of its list, in order and as they would be in the answer", async () => {
  const row = fc.record({
    a: kinds,
    b: kinds,
    inner: fc.array(kinds, { maxLength: 2 }),
    yields: fc.boolean(),
  });
  const property = fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.boolean(), async (rows, isLate) => {
    const items = rows.map(({ a, b, inner }, index) => ({
      a: fieldOf(a === "null" ? "known" : a, index),
      b: fieldOf(b, `"row", ${index}\n`),
      rows: inner.map((kind, position) => ({ a: () => position, b: fieldOf(kind, "inner") })),
    }));
    const rootValue = { rows: () => (isLate ? Promise.resolve(items) : items), rest: 7 };
    let steps = 0;
    // Other work runs before many of the items, and has finished afterwards.
    const limits = {
      ...unlimited,
      shouldYield: () => steps++ % 2 === 0 && rows[steps % Math.max(1, rows.length)]?.yields === true,
    };
    const document = parse("{ rows { a b rows { a b } } rest }");
    const args = { schema, document, rootValue };
    const whole = await executeQuery(args, unlimited);
    const sink = collector("rows");
    const taken = await executeQuery(args, limits, sink);
    const data = JSON.parse(String(whole?.data));
    expect(await sink.rows()).toEqual(data.rows);
    expect(JSON.parse(String(taken?.data))).toEqual({ rows: [], rest: 7 });
    const paths = (errors: typeof whole) => errors?.errors?.map(({ path }) => path?.join(".")).sort();
    expect(paths(taken)).toEqual(paths(whole));
  });
  await fc.assert(property, { numRuns: 300 });
});

test("a sink ignores other lists, and a failing non-null item fails its list", async () => {
  const good = { a: 1, rows: [{ a: 2 }] };
  const elsewhere = collector("other");
  const args = { schema, document: parse("{ rows { rows { a } } }"), rootValue: { rows: [good] } };
  expect(String((await executeQuery(args, unlimited, elsewhere))?.data)).toBe(
    '{"rows":[{"rows":[{"a":2}]}]}',
  );
  expect(await elsewhere.rows()).toEqual([]);
  const deep = collector("deep", "rows");
  const failing = { a: () => Promise.reject(new Error("No.")) };
  const result = await executeQuery(
    {
      schema,
      document: parse("{ deep { rows { a } } rest }"),
      rootValue: { deep: { rows: [good, failing] }, rest: 1 },
    },
    unlimited,
    deep,
  );
  expect(String(result?.data)).toBe('{"deep":null,"rest":1}');
  expect(result?.errors?.map(({ path }) => path)).toEqual([["deep", "rows", 1, "a"]]);
  await expect(deep.rows()).rejects.toThrow("No.");
});
