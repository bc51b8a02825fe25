import fc from "fast-check";
import { buildSchema, execute as executePlainly, GraphQLError, parse } from "graphql";
import { expect, test } from "vitest";
import { execute } from "../../../src/graph/execution/execute.ts";
import { documents, isRight, values } from "./documents.ts";
import { type Seen, world } from "./troubled.ts";

/** An answer with all that can be told of its errors. */
async function shown(execution: () => unknown): Promise<unknown> {
  const { data, errors } = (await execution()) as { data: unknown; errors?: readonly GraphQLError[] };
  const told = errors?.map((error) => {
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
  return { text: JSON.stringify(data), told, hasErrors: errors !== undefined };
}

test("a query is answered as by graphql-js: data, errors, and what the resolvers are told, in the same order", async () => {
  const count = { failed: 0, refused: 0, compared: 0 };
  const property = fc.asyncProperty(
    documents,
    values,
    fc.nat(),
    fc.constantFrom(0, 3, 10, 30),
    async (text, variableValues, seed, trouble) => {
      fc.pre(isRight(text));
      const document = parse(text);
      const run = async (how: typeof execute) => {
        const seen: Seen = [];
        const schema = world(seen, seed, trouble);
        const rootValue = { root: true };
        const answer = await shown(() =>
          how({ schema, document, variableValues, rootValue, contextValue: { of: "both" } }),
        );
        // What was under way when the answer was given up goes on.
        await new Promise(setImmediate);
        return { answer, seen };
      };
      const [theirs, ours] = [await run(executePlainly), await run(execute)];
      count.compared++;
      if (theirs.seen.length === 0) count.refused++;
      if ((theirs.answer as { hasErrors: boolean }).hasErrors) count.failed++;
      expect(ours).toEqual(theirs);
    },
  );
  await fc.assert(property, { numRuns: 300 });
  // They are no mere refusals.
  expect(count.compared - count.refused).toBeGreaterThan(60);
  expect(count.failed).toBeGreaterThan(15);
}, 60_000);

test("a list that fails while others of it are under way leaves no rejection that nobody hears of", async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on("unhandledRejection", hear);
  const schema = buildSchema("type Query { list: [Int!] }");
  const list = () => [Promise.reject(new Error("late")), new Error("at once")];
  const { data, errors } = await execute({ schema, document: parse("{ list }"), rootValue: { list } });
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", hear);
  expect(data).toEqual({ list: null });
  expect(errors?.map(({ message, path }) => [message, path])).toEqual([["at once", ["list", 1]]]);
  expect(unheard).toEqual([]);
});
