import fc from "fast-check";
import {
  buildSchema,
  type DocumentNode,
  type ExecutionArgs,
  execute as executeByGraphqlJs,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLScalarType,
  type OperationDefinitionNode,
  parse,
} from "graphql";
import { expect, test } from "vitest";
import { executeQuery } from "../../../src/graph/execution/execution.ts";
import { coerceArguments, coerceVariables } from "../../../src/graph/execution/operation-info.ts";
import { JsonText } from "../../../src/graph/output/json-text.ts";
import { unlimited } from "../../support/unlimited.ts";
import { documents, isRight, values } from "./random-documents.ts";
import { createSchema, type Seen } from "./random-schema.ts";

/** Documents executed ten times each, and the milliseconds after which no new one starts. */
const DOCUMENTS = Number(process.env.FUZZ_RUNS ?? 120);
const TIME_LIMIT = 80_000;
/** The number of executions that are compared even on a busy machine. */
const MIN_COMPARED = 500;

interface Circumstances {
  readonly variableValues: Record<string, unknown>;
  readonly seed: number;
  /** How many of a hundred resolvers fail or return an unusual value. */
  readonly trouble: number;
  /** How many of a hundred resolvers return a promise. */
  readonly late: number;
}

/** An answer's data and all properties of its errors. */
async function shown(execution: () => unknown) {
  const { data, errors } = (await execution()) as { data: unknown; errors?: readonly GraphQLError[] };
  const reported = errors?.map((error) => {
    const { message, path, locations, extensions, originalError } = error;
    const nodes = error.nodes?.map(({ kind, loc }) => [kind, loc?.start]);
    return {
      message,
      path,
      locations,
      extensions,
      original: String(originalError),
      nodes,
      made: error instanceof GraphQLError,
    };
  });
  const text = data instanceof JsonText ? String(data) : JSON.stringify(data);
  return { text, reported, hasErrors: errors !== undefined };
}

/** Executes as a server does: graphql-js gets what the gateway's execution does not handle. */
const execute = (args: ExecutionArgs) => executeQuery(args, unlimited) ?? executeByGraphqlJs(args);

test("a query has the data, errors and resolver arguments of graphql-js, in the same order", async () => {
  const count = { compared: 0, executed: 0, withErrors: 0 };
  const circumstances = fc.record({
    variableValues: values,
    seed: fc.nat(),
    trouble: fc.constantFrom(0, 3, 10, 30),
    late: fc.constantFrom(0, 0, 3, 33),
  });
  const schema = createSchema();
  const compare = async (document: DocumentNode, { variableValues, ...behaviour }: Circumstances) => {
    const run = async (executeBy: (args: ExecutionArgs) => unknown) => {
      const seen: Seen = [];
      const rootValue = { seen, ...behaviour };
      const answer = await shown(() =>
        executeBy({ schema, document, variableValues, rootValue, contextValue: { of: "both" } }),
      );
      // Fields in progress when the answer was given up continue.
      await new Promise(setImmediate);
      return { answer, seen };
    };
    const [expected, actual] = [await run(executeByGraphqlJs), await run(execute)];
    count.compared++;
    if (expected.seen.length > 0) count.executed++;
    if (expected.answer.hasErrors) count.withErrors++;
    expect(actual).toEqual(expected);
  };
  const property = fc.asyncProperty(
    documents,
    fc.array(circumstances, { minLength: 10, maxLength: 10 }),
    async (text, all) => {
      fc.pre(isRight(text));
      const document = parse(text);
      for (const one of all) await compare(document, one);
    },
  );
  // On a failure, fast-check prints the seed and the smallest document that fails.
  await fc.assert(property, { numRuns: DOCUMENTS, interruptAfterTimeLimit: TIME_LIMIT });
  expect(count.compared).toBeGreaterThan(MIN_COMPARED);
  expect(count.executed).toBeGreaterThan(count.compared / 4);
  expect(count.withErrors).toBeGreaterThan(count.compared / 20);
}, 120_000);

test("a failing list leaves no unhandled rejection of its pending items", async () => {
  const unhandled: unknown[] = [];
  const onRejection = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onRejection);
  const schema = buildSchema("type Query { list: [Int!] }");
  const list = () => [Promise.reject(new Error("late")), new Error("at once")];
  const { data, errors } = await execute({ schema, document: parse("{ list }"), rootValue: { list } });
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", onRejection);
  expect(JSON.stringify(data)).toBe('{"list":null}');
  expect(errors?.map(({ message, path }) => [message, path])).toEqual([["at once", ["list", 1]]]);
  expect(unhandled).toEqual([]);
});

test("a field's arguments are coerced once for the checks and the execution", async () => {
  const schema = buildSchema("scalar Text input In { text: Text n: Int } type Query { size(of: In): Int }");
  let coercions = 0;
  (schema.getType("Text") as GraphQLScalarType).parseLiteral = () => {
    coercions += 1;
    return "abc";
  };
  const document = parse('query ($n: Int) { size(of: { text: "abc", n: $n }) }');
  const [operation] = document.definitions as [OperationDefinitionNode];
  const [node] = operation.selectionSet.selections as unknown as [FieldNode];
  const rootValue = { size: ({ of }: { of: { text: string; n: number } }) => of.text.length + of.n };
  const answer = async (variableValues: { readonly n: number }) =>
    String((await executeQuery({ schema, document, rootValue, variableValues }, unlimited))?.data);
  const variableValues = { n: 2 };
  const variables = coerceVariables(schema, operation, variableValues) ?? {};
  const { size } = (schema.getType("Query") as GraphQLObjectType).getFields();
  expect(coerceArguments(size as GraphQLField<unknown, unknown>, node, variables)).toEqual({
    of: { text: "abc", n: 2 },
  });
  expect([await answer(variableValues), coercions]).toEqual(['{"size":5}', 1]);
  expect([await answer({ n: 3 }), coercions]).toEqual(['{"size":6}', 2]);
});

test("a field of two types has the default arguments of each", async () => {
  const schema = buildSchema(
    "interface Sized { size(of: Int): Int } type Query { all: [Sized] } " +
      "type One implements Sized { size(of: Int, by: Int = 1): Int } type Two implements Sized { size(of: Int, by: Int = 2): Int }",
  );
  const document = parse("query ($n: Int) { all { size(of: $n) } }");
  const size = ({ of, by }: { of: number; by: number }) => of * by;
  const rootValue = { all: ["One", "Two", "One"].map((__typename) => ({ __typename, size })) };
  const args = { schema, document, rootValue, variableValues: { n: 5 } };
  const answer = await executeQuery(args, unlimited);
  expect(String(answer?.data)).toBe('{"all":[{"size":5},{"size":10},{"size":5}]}');
});
