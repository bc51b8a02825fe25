import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "./support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

interface Refusal {
  readonly data?: unknown;
  readonly errors: readonly { message: string; extensions: Readonly<Record<string, unknown>> }[];
}

/** Posts an operation unchanged; returns the status and the body. */
async function post(body: object): Promise<{ status: number; answer: Refusal }> {
  const response = await fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Refusal };
}

test.each([
  ["of several none is named", { query: "query A { __typename } query B { __typename }" }, /Must provide/],
  ["another is named", { query: "query A { __typename }", operationName: "B" }, /Unknown operation/],
  ["none has a name", { query: "{ __typename }", operationName: "B" }, /Unknown operation/],
  ["a mutation is meant", { query: "mutation A { __typename }", operationName: "B" }, /Unknown operation/],
])("a missing operation name is the caller's fault: %s", async (_what, body, message) => {
  const { status, answer } = await post(body);
  expect(status).toBe(400);
  expect(answer.errors).toMatchObject([{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }]);
  expect(answer.errors[0]?.message).toMatch(message);
});

test.each([
  ["an argument", 'query ($ids: [ID!] = ["Unit:1"]) { nodes(ids: $ids) { id } }', { ids: null }, "ids"],
  ["a directive", "query ($no: Boolean = true) { __typename @skip(if: $no) }", { no: null }, "if"],
])("null for a non-null variable with a default is refused: %s", async (_what, query, variables, at) => {
  const { answer } = await post({ query, variables });
  expect(answer.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: at } }]);
});

test.each([
  ["a field that there is not", { nothing: 1 }, "$ref.nothing"],
  ["null beside a value", { almaId: null, externalId: "x" }, "$ref.almaId"],
  ["two values", { almaId: 1, externalId: "x" }, "$ref"],
  ["no value", {}, "$ref"],
])("an invalid ref in a variable is reported once, at its place: %s", async (_what, ref, at) => {
  const { answer } = await post({
    query: "query ($ref: Ref!) { unit(ref: $ref) { id } }",
    variables: { ref },
  });
  expect(answer.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: at } }]);
  expect(answer.errors).toHaveLength(1);
});

test("a subscription is refused outside a stream, with a hint", async () => {
  const { status, answer } = await post({ query: "subscription { changes { field } }" });
  expect(status).toBe(400);
  expect(answer.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  expect(answer.errors[0]?.message).toContain("/graphql/stream");
});

test("a long list of invalid values costs no more than the reported errors", async () => {
  const query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
  const cost = async (ids: unknown[]) => {
    const before = process.cpuUsage();
    const { answer } = await post({ query, variables: { ids } });
    const { user, system } = process.cpuUsage(before);
    return { answer, ms: (user + system) / 1000 };
  };
  const right = await cost(Array.from({ length: 10_000 }, () => "x"));
  const wrong = await cost(Array.from({ length: 10_000 }, () => []));
  expect(wrong.answer.errors.length).toBeLessThanOrEqual(51);
  expect(wrong.answer.errors[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", argument: "$ids.0" });
  // One error per item would take a hundred times as long as reading the list.
  expect(wrong.ms).toBeLessThan(10 * right.ms + 500);
});
