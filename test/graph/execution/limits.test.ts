import {
  buildSchema,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphqlJs,
  parse,
} from "graphql";
import { afterEach, expect, test, vi } from "vitest";
import { executeQuery } from "../../../src/graph/execution/execution.ts";
import { minimumBytes } from "../../../src/graph/execution/operation-plan.ts";
import { Meter } from "../../../src/graph/metering/meter.ts";
import { TURN_LENGTH } from "../../../src/graph/metering/turn.ts";
import { type ExecutionLimits, resume } from "../../../src/graph/output/execution-limits.ts";
import { AnswerLimits } from "../../../src/graph/resolver/answer-limits.ts";
import { unlimited } from "../../support/unlimited.ts";

afterEach(() => vi.restoreAllMocks());

/** A clock that advances by `ms` milliseconds at each reading. */
function advanceEachRead(step: number) {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += step;
    return now;
  });
}

/** The limits of an operation without interruption. */
const createLimits = (maxBytes = Number.POSITIVE_INFINITY) =>
  new AnswerLimits(
    { fail: (error) => error, countFieldError: (error) => error, throwIfStopped() {}, failure: undefined },
    new Meter(),
    maxBytes,
  );

/** The answer of the gateway's own execution, with data instead of text. */
async function answer(args: ExecutionArgs, limits: ExecutionLimits): Promise<ExecutionResult> {
  const { data, ...rest } = (await executeQuery(args, limits)) ?? { data: null };
  return { ...rest, data: data && JSON.parse(String(data)) };
}

test("an answer that is too large ends the execution", () => {
  const limits = createLimits(100);
  limits.addBytes(100);
  expect(() => limits.addBytes(1)).toThrow("more than the allowed 100 bytes");
});

test("the size of an object is not overestimated", () => {
  for (const object of [{ a: 1 }, { a: 1, bc: 2 }, { a: {}, b: { c: 1 } }]) {
    const inner = Object.values(object).flatMap((value) => (typeof value === "object" ? [value] : []));
    const counted = [object, ...inner].reduce((sum, part) => sum + minimumBytes(Object.keys(part)), 0);
    expect(counted).toBeLessThanOrEqual(JSON.stringify(object).length);
  }
});

test("an execution that yields many times gives the answer and the errors of one that never yields", async () => {
  const schema = buildSchema(`
    type Query { things(count: Int!): [Thing!]! }
    type Thing { id: Int! things(count: Int!): [Thing]! wrong: Int }
  `);
  const make = (count: number): object[] =>
    Array.from({ length: count }, (_, id) => ({
      id,
      things: (args: { count: number }) =>
        make(args.count).map((thing, index) => (index % 7 === 3 ? null : thing)),
      wrong: () => {
        if (id % 5 === 2) throw new Error(`no ${id}`);
        return id % 3 === 0 ? Promise.resolve(id) : id;
      },
    }));
  const document = parse(
    "{ things(count: 40) { id wrong things(count: 30) { id wrong things(count: 5) { id } } } }",
  );
  const args = { schema, document, rootValue: { things: ({ count }: { count: number }) => make(count) } };
  const expected = await executeByGraphqlJs(args);
  advanceEachRead(TURN_LENGTH / 3);
  const actual = await answer(args, createLimits());
  const errorsOf = ({ errors = [] }: ExecutionResult) =>
    errors.map(({ message, path }) => `${path?.join(".")} ${message}`).sort();
  expect(JSON.stringify(actual.data)).toBe(JSON.stringify(expected.data));
  expect(errorsOf(actual)).toEqual(errorsOf(expected));
  expect(errorsOf(actual).length).toBeGreaterThan(200);
});

test("an execution yields between the fields of one object", async () => {
  const schema = buildSchema("type Query { thing: Thing } type Thing { id: Int }");
  let others = 0;
  const rootValue = {
    thing: () => {
      if (others === 0) setImmediate(() => others++);
      return { id: others };
    },
  };
  const fields = Array.from({ length: 50 }, (_, index) => `a${index}: thing { id }`);
  advanceEachRead(30);
  const args = { schema, document: parse(`{ ${fields} }`), rootValue };
  const { data } = await answer(args, createLimits());
  expect(Object.keys(data ?? {})).toHaveLength(50);
  expect(data?.a0).toEqual({ id: 0 });
  expect(data?.a49).not.toEqual({ id: 0 });
});

test("waiters for a turn are resumed once and in order, ten per turn", async () => {
  let spent = 10;
  let turns = 0;
  const limits: ExecutionLimits = {
    ...unlimited,
    charge(work) {
      spent += 1;
      return work();
    },
    shouldYield: () => spent >= 10,
    async yieldToOthers() {
      turns += 1;
      await new Promise(setImmediate);
      spent = 0;
    },
  };
  const resumed: number[] = [];
  const numbers = Array.from({ length: 500 }, (_, n) => n);
  const results = await Promise.all(numbers.map((n) => resume(limits, () => resumed.push(n) && n)));
  expect(results).toEqual(numbers);
  expect(resumed).toEqual(numbers);
  expect(turns).toBe(50);
});
