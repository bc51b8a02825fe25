import { ApolloServer } from "@apollo/server";
import { fastify } from "fastify";
import { GraphQLError } from "graphql";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Meter } from "../../../src/graph/index.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { stepsPlugin } from "../../../src/server/apollo/apollo-server.ts";
import { createOperationRunner } from "../../../src/server/apollo/operation-runner.ts";
import { bindSteps } from "../../../src/server/apollo/operation-steps.ts";
import { DocumentStore } from "../../../src/server/document/document-store.ts";
import { jsonTypes, preferredType } from "../../../src/server/http/media-type.ts";
import type { ServerContext } from "../../../src/server/observe/server-context.ts";
import { anonymousCaller } from "../../../src/server/scope/scope.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";

const json = "application/json";

/** A server whose steps answer queries unless a test makes them refuse or skip. */
async function startHere() {
  const seen: string[] = [];
  const steps = bindSteps(
    {
      check: [
        ({ request }) => {
          seen.push("check");
          if (request.variables?.refuse) throw new GraphQLError("Refused.", { extensions: { code: "NO" } });
        },
      ],
      answer: [
        ({ request, operation, response }) => {
          if (request.variables?.leave || operation.operation !== "query") return undefined;
          response.http.headers.set("x-own", "1");
          if (request.variables?.busy) response.http.status = 503;
          return { http: response.http, body: { kind: "single", singleResult: { data: { a: 1 } } } };
        },
      ],
      write: [],
      complete: [
        ({ contextValue, response: { body } }) => {
          seen.push("send");
          const text = JSON.stringify(body.kind === "single" ? body.singleResult : body);
          contextValue.printed = { text, head: text };
        },
      ],
    },
    {},
  );
  const documents = new DocumentStore();
  const apollo = new ApolloServer<ServerContext>({
    typeDefs: "type Query { a: Int b: Int } type Mutation { a: Int }",
    documentStore: documents,
    includeStacktraceInErrorResponses: false,
    plugins: [
      { requestDidStart: async () => void seen.push("apollo") },
      stepsPlugin(steps, { reportUnexpected() {} }),
    ],
  });
  await apollo.start();
  const runner = createOperationRunner({
    apollo,
    steps,
    documents,
    interrupted: new WeakMap(),
    createContext: () => ({ admittedRequest: { meter: new Meter() } }) as unknown as ServerContext,
  });
  let isPending = true;
  const app = fastify();
  app.decorateRequest("caller", null);
  app.decorateRequest("document", null);
  app.addHook("onRequest", async (request) => {
    request.caller = anonymousCaller;
  });
  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    handler: (request, reply) => {
      const answer = runner.answer(request, reply, preferredType(request, jsonTypes) ?? jsonTypes[0]);
      isPending = answer instanceof Promise;
      return answer;
    },
  });
  const address = await app.listen({ port: 0 });
  onTestFinished(async () => {
    await app.close();
    await apollo.stop();
  });
  return async (body: object, accept = json) => {
    seen.length = 0;
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": json, accept },
      body: JSON.stringify(body),
    });
    const { status, headers } = response;
    const head = { status, own: headers.get("x-own"), type: headers.get("content-type") };
    return { ...head, body: await response.json(), seen: [...seen], isPending };
  };
}

describe("a query of a known document", () => {
  test("does not need Apollo Server, and gets the same answer", async () => {
    const ask = await startHere();
    const first = await ask({ query: "{ a }" });
    expect(first.seen).toEqual(["apollo", "check", "send"]);
    const again = await ask({ query: "{ a }" });
    expect(again.seen).toEqual(["check", "send"]);
    // Its steps need not wait, so no promise is created.
    expect(again).toEqual({ ...first, seen: again.seen, isPending: false });
    expect(again).toMatchObject({ status: 200, own: "1", body: { data: { a: 1 } } });
    expect(await ask({ query: "{ a }", variables: { busy: true } })).toMatchObject({
      status: 503,
      seen: ["check", "send"],
    });
  });

  test("goes to Apollo Server if a check refuses it, with that refusal and no second check", async () => {
    const ask = await startHere();
    const refused = { query: "{ a }", variables: { refuse: true } };
    const first = await ask(refused);
    expect(first.body).toMatchObject({ errors: [{ message: "Refused.", extensions: { code: "NO" } }] });
    await ask({ query: "{ a }" });
    const again = await ask(refused);
    expect(again.seen).toEqual(["check", "apollo", "send"]);
    expect(again).toEqual({ ...first, seen: again.seen });
  });

  test("goes to Apollo Server if no hook answers it, checked once", async () => {
    const ask = await startHere();
    await ask({ query: "{ a }" });
    const left = await ask({ query: "{ a }", variables: { leave: true } });
    expect(left.seen).toEqual(["check", "apollo", "send"]);
    expect(left.body).toEqual({ data: { a: null } });
  });

  test.each<[string, object]>([
    ["another text", { query: "{ b }" }],
    ["a mutation", { query: "mutation { a }" }],
    ["an operation that the document has not", { query: "{ a }", operationName: "Other" }],
    ["variables that are a list", { query: "{ a }", variables: [] }],
    ["extensions that are a text", { query: "{ a }", extensions: "x" }],
    [
      "a persisted query",
      { query: "{ a }", extensions: { persistedQuery: { version: 2, sha256Hash: "x" } } },
    ],
    ["a query that is not a text", { query: 5 }],
  ])("keeps its request: %s goes to Apollo Server", async (_, body) => {
    const ask = await startHere();
    for (const query of ["{ a }", "mutation { a }"]) await ask({ query });
    const { seen } = await ask(body);
    expect(seen.filter((entry) => entry === "check").length).toBeLessThan(2);
    // Apollo Server refuses some of these before it calls plugins.
    if (seen.length > 0) expect(seen[0]).toBe("apollo");
  });
});

const keys = {
  reader: createApiKey("reader", ["read"], null),
  office: createApiKey("office", ["read", "personal", "secrets", "write"], null),
};
let gateway: TestGateway;
beforeAll(async () => {
  const size = { buildings: 3, units: 60, rooms: 20, clients: 5, ownerContracts: 5, tenantContracts: 5 };
  const records = Object.values(keys).map(({ record }) => record);
  const env = {
    API_KEYS: JSON.stringify(records),
    RESPONSE_CACHE_SIZE: "0",
    LOG_LEVEL: "info",
    MAX_ALIASES: "20",
  };
  gateway = await startGateway({ size }, env);
});
afterAll(() => gateway.close());

const units =
  "query Units($n: Int, $f: UnitFilter) { units(first: $n, filter: $f) { nodes { name header } } }";
const two = `${units} query Count { rooms { totalCount } }`;
const dryRun = 'mutation { createBuilding(input: { name: "New" }, dryRun: true) { userErrors { code } } }';

describe("the second answer equals the first", () => {
  const cases: readonly (readonly [string, object, keyof typeof keys, string])[] = [
    ["a page", { query: units, variables: { n: 3 } }, "office", "ok"],
    ["a page of the default size", { query: units, operationName: null, variables: null }, "office", "ok"],
    ["one of two operations", { query: two, operationName: "Count" }, "office", "ok"],
    ["two operations, of which none is named", { query: two }, "office", "OPERATION_RESOLUTION_FAILURE"],
    ["a variable of a wrong type", { query: units, variables: { n: "x" } }, "office", "BAD_USER_INPUT"],
    ["a page that is too large", { query: units, variables: { n: 1e6 } }, "office", "BAD_USER_INPUT"],
    ["a filter that is empty", { query: units, variables: { f: { name: {} } } }, "office", "ok"],
    ["what is not there", { query: '{ unit(ref: { externalId: "no" }) { name } }' }, "office", "ok"],
    ["what a caller may not see", { query: "{ clients { nodes { email } } }" }, "reader", "FORBIDDEN"],
    ["secrets of a list", { query: "{ units { nodes { keyboxCode } } }" }, "office", "FORBIDDEN"],
    [
      "an age below 0",
      { query: "query @freshness(maxAge: -1) { units { totalCount } }" },
      "office",
      "BAD_USER_INPUT",
    ],
    ["what it costs", { query: "query @explain { units(first: 1) { totalCount } }" }, "office", "ok"],
    ["the schema", { query: "{ __schema { queryType { name } } }" }, "office", "ok"],
    ["a dry run", { query: dryRun }, "office", "ok"],
    ["a dry run of a reader", { query: dryRun }, "reader", "FORBIDDEN"],
    ["what is not valid", { query: "{ nothing }" }, "office", "GRAPHQL_VALIDATION_FAILED"],
  ];
  const accepts = [json, "application/graphql-response+json", undefined];
  test.each(cases.flatMap((one) => accepts.map((accept) => [...one, accept] as const)))(
    "%s, %o, as the %s",
    async (_, body, key, outcome, accept) => {
      const ask = async (id: string) => {
        const response = await fetch(`${gateway.address}/graphql`, {
          method: "POST",
          headers: {
            "content-type": json,
            "x-api-key": keys[key].key,
            "x-request-id": id,
            ...(accept !== undefined && { accept }),
          },
          body: JSON.stringify(body),
        });
        const { date, "x-request-id": requestId, ...headers } = Object.fromEntries(response.headers);
        expect(requestId).toBe(id);
        const text = (await response.text()).replaceAll(id, "id");
        const { extensions, ...answer } = JSON.parse(text);
        const { oldest, calls, reused, ...alma } = extensions?.alma ?? {};
        const [line] = gateway.lines("operation").filter((entry) => entry.requestId === id);
        const { time, ms, age, calls: _, reused: __, requestId: ___, ...logged } = line ?? {};
        delete headers["content-length"];
        return {
          status: response.status,
          headers,
          answer,
          alma,
          kinds: Object.keys(extensions ?? {}),
          logged,
        };
      };
      // The first has an unknown document, the second also known records.
      const first = await ask(`first-${Math.random()}`);
      const second = await ask(`second-${Math.random()}`);
      const third = await ask(`third-${Math.random()}`);
      expect(first.logged.outcome).toBe(outcome);
      expect(second).toEqual(first);
      expect(third).toEqual(first);
    },
  );
});
