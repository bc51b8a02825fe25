import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { expect, test } from "vitest";
import { runInOrder } from "../../../src/server/apollo/run-in-order.ts";
import type { ServerContext } from "../../../src/server/operation/server-context.ts";

type Plugin = ApolloServerPlugin<ServerContext>;

/** Plugins that note when each of their hooks begins and ends; the second refuses an operation named Refused. */
function notingPlugins(seen: string[]): Plugin[] {
  return ["a", "b", "c"].map((name) => {
    const note = async (hook: string) => {
      seen.push(`${name} ${hook}`);
      await new Promise(setImmediate);
      seen.push(`${name} ${hook} done`);
    };
    return {
      requestDidStart: async () => ({
        async didResolveOperation({ operationName }) {
          await note("check");
          if (name === "b" && operationName === "Refused") throw new Error("refused");
        },
        async parsingDidStart() {
          await note("parse");
          // Apollo Server does not wait for the end of parsing.
          return async () => void seen.push(`${name} parsed`);
        },
        willSendResponse: () => note("send"),
      }),
    };
  });
}

async function run(plugins: readonly Plugin[], query: string) {
  const server = new ApolloServer<ServerContext>({
    typeDefs: "type Query { a: Int }",
    includeStacktraceInErrorResponses: false,
    plugins: runInOrder(plugins),
  });
  const { body } = await server.executeOperation({ query }, { contextValue: {} as ServerContext });
  await server.stop();
  return body.kind === "single" ? body.singleResult : undefined;
}

const done = (...names: string[]) => names.flatMap((name) => [name, `${name} done`]);

test("a plugin begins when the one before has ended, and the last one that began something ends it first", async () => {
  const seen: string[] = [];
  expect((await run(notingPlugins(seen), "query Fine { a }"))?.data).toEqual({ a: null });
  const parsing = [...done("a parse", "b parse", "c parse"), "c parsed", "b parsed", "a parsed"];
  expect(seen).toEqual([...parsing, ...done("a check", "b check", "c check", "a send", "b send", "c send")]);
});

test("what a plugin refuses costs those after it no work, and is answered", async () => {
  const seen: string[] = [];
  const result = await run(notingPlugins(seen), "query Refused { a }");
  expect(result?.errors?.map(({ message }) => message)).toEqual(["refused"]);
  expect(seen.filter((entry) => /check/.test(entry))).toEqual(done("a check", "b check"));
  expect(seen.filter((entry) => /send/.test(entry))).toEqual(done("a send", "b send", "c send"));
});

test("a hook that is not run is refused by its name", async () => {
  const plugin: Plugin = { requestDidStart: async () => ({ didResolveSource: async () => {} }) };
  const [combined] = runInOrder([plugin]);
  await expect(combined?.requestDidStart?.({} as never)).rejects.toThrow("didResolveSource");
});
