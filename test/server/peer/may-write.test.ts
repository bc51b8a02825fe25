import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { mayWrite } from "../../../src/server/peer/may-write.ts";

const documents: Record<string, string> = { q: "{ a }", m: "mutation { a }" };
const ask = (body: unknown, method = "POST", url = "/graphql") => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const request = { method, routeOptions: { url, config: {} } } as FastifyRequest;
  return mayWrite(request, Buffer.from(text), (id) => documents[id]);
};
const apq = (sha256Hash: unknown) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

test.each<[string, unknown, boolean]>([
  ["a query", { query: "query { mutationType unit(mutationId: 1) }" }, false],
  ["a query with variables that say mutation", { query: "{ a }", variables: { a: "mutation" } }, false],
  ["a mutation", { query: "mutation { a }" }, true],
  [
    "a mutation behind a comment, a mark and a query",
    { query: "\ufeff#\nquery A { a }\nmutation{ a }" },
    true,
  ],
  ["a mutation in escapes", '{"query":"\\u006d\\u0075tation { a }"}', true],
  ["a mutation that replaces a query of the same name", '{"query":"{ a }","query":"mutation { a }"}', true],
  ["a persisted query", { documentId: "q" }, false],
  ["a persisted mutation", { documentId: "m", variables: { query: "{ a }" } }, true],
  ["an unknown persisted document", { documentId: "x", variables: { query: "{ a }" } }, true],
  ["a query by a hash", apq("q"), false],
  ["a mutation by a hash", apq("m"), true],
  ["an unknown hash", apq("x"), true],
  ["a hash beside an empty query", { query: "", ...apq("m") }, true],
  ["nothing", {}, true],
  ["null", null, true],
  ["a list", [{ query: "{ a }" }], true],
  ["no JSON", "{ a }", true],
  ["a long body", { query: "{ a }", variables: { a: "x".repeat(70_000) } }, true],
])("%s is told by its document: %#", (_, body, expected) => {
  expect(ask(body)).toBe(expected);
});

test("a GET is never a mutation, and a POST of a form or an upload always may be", () => {
  expect(ask("", "GET")).toBe(false);
  expect(ask("", "HEAD")).toBe(false);
  for (const url of ["/bitrix/sync", "/files"]) expect(ask({ query: "{ a }" }, "POST", url)).toBe(true);
});
