import { afterAll, beforeAll, expect, test } from "vitest";
import { smallGraph, start } from "../http/small-graph.ts";

const sdl = /* GraphQL */ `
  type Query { me: Person people(n: Int!): [Person!] }
  type Person { name(as: String): String friend: Person }
`;
const person = { name: () => "Anna", friend: () => person };
const graph = smallGraph(sdl, {
  Query: {
    me: () => person,
    people: (_: unknown, { n }: { n: number }) => Array.from({ length: n }, () => person),
  },
});

let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start(graph, { MAX_DEPTH: "5", MAX_ALIASES: "10", MAX_TOKENS: "300", MAX_RESPONSE: "5000" });
});
afterAll(() => server.close());

const nested = (depth: number) => `{ me ${"{ friend ".repeat(depth - 2)}{ name }${"}".repeat(depth - 2)} }`;

test("a document may be as deep as MAX_DEPTH, and no deeper, even with fragments", async () => {
  expect((await server.post(nested(5))).body.errors).toBeUndefined();
  const deep = await server.post(nested(6));
  expect(deep.status).toBe(400);
  expect(deep.body.errors[0]).toMatchObject({ extensions: { code: "LIMIT_EXCEEDED", limit: "MAX_DEPTH" } });
  expect(deep.body.errors[0].message).toContain("6 deep; 5 are allowed");
  const spread = await server.post(
    "{ me { ...A } } fragment A on Person { friend { ...B } } fragment B on Person { friend { ...C } } fragment C on Person { friend { friend { name } } }",
  );
  expect(spread.body.errors[0].extensions.limit).toBe("MAX_DEPTH");
});

test.each([
  ["aliases", `{ ${Array.from({ length: 11 }, (_, i) => `a${i}: __typename`).join(" ")} }`],
  ["repeated fields", `{ ${"__typename ".repeat(12)} }`],
  [
    "aliases behind a fragment",
    `{ me { ...A } } fragment A on Person { ${Array.from({ length: 11 }, (_, i) => `a${i}: name(as: "${i}")`).join(" ")} }`,
  ],
])("too many %s are refused", async (_, query) => {
  const { status, body } = await server.post(query);
  expect(status).toBe(400);
  expect(body.errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_ALIASES" });
});

test.each([
  ["objects", "MAX_TOKENS", { list: Array.from({ length: 301 }, () => ({})) }],
  ["lists inside lists", "MAX_DEPTH", JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`)],
])("too many %s in variables are refused", async (_, limit, value) => {
  const { status, body } = await server.post("{ me { name } }", { value });
  expect(status).toBe(400);
  expect(body.errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit });
  expect((await server.post("{ me { name } }", { value: Array(5_000).fill(1) })).status).toBe(200);
});

test("a document with far more comments than tokens is not parsed", async () => {
  const long = `{ me { name } } ${"#\n".repeat(14_000)}`;
  expect((await server.post(long)).body.errors).toBeUndefined();
  for (const query of [`${long}${" ".repeat(2_000)}`, `{ me { ${"#".repeat(30_000)}`]) {
    const { status, body } = await server.post(query);
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_TOKENS" });
    expect(body.errors[0].message).toMatch(/has 30\d\d\d characters; 30000 are allowed\. Leave out comments/);
  }
});

test("a document with too many tokens is not parsed to its end", async () => {
  const { body } = await server.post(`{ me { ${"name ".repeat(400)} } }`);
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0].message).toContain("allowed 300");
});

test("fragments that multiply are refused before they are followed", async () => {
  const bomb = Array.from(
    { length: 20 },
    (_, i) => `fragment F${i} on Person { ...F${i + 1} ...F${i + 1} }`,
  ).join(" ");
  const { body } = await server.post(`{ me { ...F0 } } ${bomb} fragment F20 on Person { name }`);
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_TOKENS" });
  expect(body.errors[0].message).toContain("more than 3000 fields");
});

test("fragments that contain themselves are refused", async () => {
  const { body } = await server.post(
    "{ me { ...A } } fragment A on Person { friend { ...B } } fragment B on Person { friend { ...A } }",
  );
  expect(body.errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
});

test("a response above the limit is replaced by an error", async () => {
  expect((await server.post("{ people(n: 50) { name } }")).body.data.people).toHaveLength(50);
  const { body } = await server.post("{ people(n: 5000) { name } }");
  expect(body.data).toBeUndefined();
  expect(body.errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_RESPONSE" });
  expect(body.errors[0].message).toContain("5000 are allowed");
});

test.each([
  ["the same field", "__typename ".repeat(3_900)],
  ["the same field with fields", "me { friend { name } } ".repeat(480)],
  ["the same field with arguments", 'me { name(as: "x") } '.repeat(380)],
])("%s so often that validation would take long is refused before that", async (_, selections) => {
  const wide = await start(graph);
  const { status, body } = await wide.post(`{ ${selections} }`);
  expect(status).toBe(400);
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_ALIASES" });
  await wide.close();
});

test.each([
  ["braces", `${"{ me ".repeat(1_900)}`],
  ["lists", `{ people(n: ${"[".repeat(1_900)}${"]".repeat(1_900)}) { name } }`],
])("%s too deep to be parsed get an explanation, and the next caller a response", async (_, query) => {
  const deep = await start(graph);
  const { status, body } = await deep.post(query);
  expect(status).toBeLessThan(500);
  expect(body.errors).toHaveLength(1);
  expect(JSON.stringify(body)).not.toMatch(/call stack|RangeError/);
  expect((await deep.post("{ me { name } }")).status).toBe(200);
  await deep.close();
});
