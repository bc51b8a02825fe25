import { ApolloServer } from "@apollo/server";
import { expect, test } from "vitest";
import type { OperationHooks } from "../../../src/graph/index.ts";
import { HooksInOrder } from "../../../src/server/apollo/hooks-in-order.ts";
import { hooksPlugin } from "../../../src/server/apollo/hooks-plugin.ts";
import type { ServerContext } from "../../../src/server/gate/server-context.ts";

type Hooks = OperationHooks<ServerContext>;

/** Hooks that note when each begins and ends; the second refuses an operation named Refused, at once or later. */
function notingHooks(seen: string[], isSlow = true): Hooks[] {
  return ["a", "b", "c"].map((name) => {
    const note = (hook: string) => {
      seen.push(`${name} ${hook}`);
      const end = () => void seen.push(`${name} ${hook} done`);
      return isSlow ? new Promise(setImmediate).then(end) : end();
    };
    const refuse = (operationName: string | null | undefined) => {
      if (name === "b" && operationName === "Refused") throw new Error("refused");
    };
    return {
      didResolveOperation({ operationName }) {
        const noted = note("check");
        return noted ? noted.then(() => refuse(operationName)) : refuse(operationName);
      },
      parsingDidStart() {
        note("parse");
        return () => void seen.push(`${name} parsed`);
      },
      willSendResponse: () => note("send"),
    };
  });
}

async function run(hooks: readonly Hooks[], query: string) {
  const server = new ApolloServer<ServerContext>({
    typeDefs: "type Query { a: Int }",
    includeStacktraceInErrorResponses: false,
    plugins: [hooksPlugin(new HooksInOrder(hooks))],
  });
  const { body } = await server.executeOperation({ query }, { contextValue: {} as ServerContext });
  await server.stop();
  return body.kind === "single" ? body.singleResult : undefined;
}

const done = (...names: string[]) => names.flatMap((name) => [name, `${name} done`]);

test.each([false, true])(
  "a hook begins when the one before has ended, and the last that began something ends it first (slow: %s)",
  async (isSlow) => {
    const seen: string[] = [];
    expect((await run(notingHooks(seen, isSlow), "query Fine { a }"))?.data).toEqual({ a: null });
    const isParsing = (entry: string) => entry.includes("pars");
    const begun = seen.filter((entry) => isParsing(entry) && !entry.endsWith("done"));
    expect(begun).toEqual(["a parse", "b parse", "c parse", "c parsed", "b parsed", "a parsed"]);
    expect(seen.filter((entry) => !isParsing(entry))).toEqual(
      done("a check", "b check", "c check", "a send", "b send", "c send"),
    );
  },
);

test.each([false, true])(
  "what a hook refuses costs those after it no work, and is answered (slow: %s)",
  async (isSlow) => {
    const seen: string[] = [];
    const result = await run(notingHooks(seen, isSlow), "query Refused { a }");
    expect(result?.errors?.map(({ message }) => message)).toEqual(["refused"]);
    expect(seen.filter((entry) => /check/.test(entry))).toEqual(done("a check", "b check"));
    expect(seen.filter((entry) => /send/.test(entry))).toEqual(done("a send", "b send", "c send"));
  },
);
