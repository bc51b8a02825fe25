import { buildSchema, execute as executePlainly, parse } from "graphql";
import { afterEach, expect, test, vi } from "vitest";
import { execute } from "../../../src/graph/execution/execute.ts";
import { ExecutionBudget, minimumBytes } from "../../../src/graph/execution/execution-budget.ts";

afterEach(() => vi.restoreAllMocks());

/** A clock that shows so many milliseconds more each time somebody looks at it. */
function hasten(step: number) {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += step;
    return now;
  });
}

test("an execution goes on for a tenth of a second, and then lets others have their turn", async () => {
  hasten(0.1);
  const allowance = new ExecutionBudget(1);
  let items = 0;
  while (!allowance.yieldIfDue()) items++;
  // Every fourth looks at the clock, and the clock has to be seen a thousand times.
  expect(items).toBeGreaterThan(900 * 4);
  expect(items).toBeLessThan(1_100 * 4);
  let others = 0;
  setImmediate(() => others++);
  await allowance.yieldIfDue();
  await new Promise(setImmediate);
  expect(others).toBe(1);
  expect(allowance.yieldIfDue()).toBeUndefined();
});

test("an object is counted as no more than it takes", () => {
  for (const object of [{ a: 1 }, { a: 1, bc: 2 }, { a: {}, b: { c: 1 } }]) {
    const inner = Object.values(object).flatMap((value) => (typeof value === "object" ? [value] : []));
    const counted = [object, ...inner].reduce((sum, one) => sum + minimumBytes(Object.keys(one)), 0);
    expect(counted).toBeLessThanOrEqual(JSON.stringify(object).length);
  }
});

test("an answer that is made in many turns is the one that is made in one", async () => {
  const schema = buildSchema(`
    type Query { things(count: Int!): [Thing!]! }
    type Thing { id: Int! things(count: Int!): [Thing]! wrong: Int }
  `);
  const make = (count: number): object[] =>
    Array.from({ length: count }, (_, id) => ({
      id,
      things: (args: { count: number }) =>
        make(args.count).map((one, index) => (index % 7 === 3 ? null : one)),
      wrong: () => {
        if (id % 5 === 2) throw new Error(`no ${id}`);
        return id % 3 === 0 ? Promise.resolve(id) : id;
      },
    }));
  const document = parse(
    "{ things(count: 40) { id wrong things(count: 30) { id wrong things(count: 5) { id } } } }",
  );
  const args = { schema, document, rootValue: { things: ({ count }: { count: number }) => make(count) } };
  const theirs = await executePlainly(args);
  hasten(40);
  const ours = await execute(args);
  const told = ({ errors = [] }: typeof ours) =>
    errors.map(({ message, path }) => `${path?.join(".")} ${message}`);
  expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data));
  expect(told(ours).sort()).toEqual(told(theirs).sort());
  expect(told(ours).length).toBeGreaterThan(200);
});

test("others have their turn between the fields of one object, too", async () => {
  const schema = buildSchema("type Query { thing: Thing } type Thing { id: Int }");
  let others = 0;
  const rootValue = {
    thing: () => {
      if (others === 0) setImmediate(() => others++);
      return { id: others };
    },
  };
  const fields = Array.from({ length: 50 }, (_, index) => `a${index}: thing { id }`);
  hasten(30);
  const { data } = await execute({ schema, document: parse(`{ ${fields} }`), rootValue });
  expect(Object.keys(data ?? {})).toHaveLength(50);
  expect(data?.a0).toEqual({ id: 0 });
  expect(data?.a49).not.toEqual({ id: 0 });
});
