import { ApolloServer } from "@apollo/server";
import { expect, test } from "vitest";
import { Meter } from "../../../src/graph/index.ts";
import { type BoxedContext, stepsPlugin } from "../../../src/server/apollo/apollo-server.ts";
import { bindSteps, type StepLists } from "../../../src/server/apollo/operation-steps.ts";
import type { ServerContext } from "../../../src/server/observe/server-context.ts";

/** Steps that record their start and end; the second refuses an operation named Refused, synchronously or later. */
function notingSteps(seen: string[], isSlow = true): StepLists<object> {
  const names = ["a", "b", "c"];
  const note = (step: string) => {
    seen.push(step);
    const end = () => void seen.push(`${step} done`);
    return isSlow ? new Promise(setImmediate).then(end) : end();
  };
  const refuse = (name: string, operationName: string | null | undefined) => {
    if (name === "b" && operationName === "Refused") throw new Error("refused");
  };
  return {
    check: names.map((name) => ({ operationName }) => {
      const noted = note(`${name} check`);
      return noted ? noted.then(() => refuse(name, operationName)) : refuse(name, operationName);
    }),
    answer: [],
    write: names.map((name) => () => {
      seen.push(`${name} write`);
      return () => void seen.push(`${name} written`);
    }),
    complete: names.map((name) => () => note(`${name} send`)),
  };
}

async function run(steps: StepLists<object>, query: string) {
  const server = new ApolloServer<ServerContext>({
    typeDefs: "type Query { a: Int } type Mutation { a: Int }",
    includeStacktraceInErrorResponses: false,
    plugins: [stepsPlugin(bindSteps(steps, {}), { reportUnexpected() {} })],
  });
  const contextValue = { admittedRequest: { meter: new Meter() } } as unknown as ServerContext;
  const boxed = { contextValue, document: null } satisfies BoxedContext as unknown as ServerContext;
  const { body } = await server.executeOperation({ query }, { contextValue: boxed });
  await server.stop();
  return body.kind === "single" ? body.singleResult : undefined;
}

const done = (...names: string[]) => names.flatMap((name) => [name, `${name} done`]);

test.each([false, true])(
  "a step starts when the previous one has ended, and the last started ends first (slow: %s)",
  async (isSlow) => {
    const seen: string[] = [];
    expect((await run(notingSteps(seen, isSlow), "mutation Fine { a }"))?.data).toEqual({ a: null });
    expect(seen).toEqual([
      ...done("a check", "b check", "c check"),
      ...["a write", "b write", "c write", "c written", "b written", "a written"],
      ...done("a send", "b send", "c send"),
    ]);
  },
);

test.each([false, true])(
  "an operation refused by a step skips later steps, and is answered (slow: %s)",
  async (isSlow) => {
    const seen: string[] = [];
    const result = await run(notingSteps(seen, isSlow), "query Refused { a }");
    expect(result?.errors?.map(({ message }) => message)).toEqual(["refused"]);
    expect(seen.filter((entry) => /check/.test(entry))).toEqual(done("a check", "b check"));
    expect(seen.filter((entry) => /send/.test(entry))).toEqual(done("a send", "b send", "c send"));
  },
);
