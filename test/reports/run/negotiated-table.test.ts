import { expect, test } from "vitest";
import { keyEnv, keys } from "../../server/access/scoped-graph.ts";
import { startReports } from "./reports.ts";

const csv = "text/csv";
const query = "{ units(orderBy: [{ field: NAME }]) { totalCount nodes { name building { name } } } }";

test("a query is answered as CSV, with the names of its fields and no byte order mark", async () => {
  const { ask } = await startReports({});
  const { status, text, headers } = await ask(query, csv);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(text).toBe("name,building.name\r\n2104,Marina Heights\r\n2105,Marina Heights\r\n");
});

test("a query is answered as NDJSON", async () => {
  const { ask } = await startReports({});
  const { text, headers } = await ask(query, "application/x-ndjson");
  expect(headers.get("content-type")).toBe("application/x-ndjson");
  expect(text).toBe(
    '{"name":"2104","building.name":"Marina Heights"}\n{"name":"2105","building.name":"Marina Heights"}\n',
  );
});

test.each([
  ["text/csv; charset=utf-8", /^text\/csv/],
  ["Text/CSV;charset=UTF-8", /^text\/csv/],
  ["application/x-ndjson;charset=utf-8, application/json;q=0.5", /^application\/x-ndjson/],
  ["text/csv; charset=utf-8; q=0.4, application/json; charset=utf-8; q=0.5", /json/],
  ["text/csv; header=present, */*", /^text\/csv/],
])("%s is parsed as media types are: in any case, with parameters", async (accept, type) => {
  const { ask } = await startReports({});
  const { status, headers } = await ask(query, accept);
  expect([status, headers.get("content-type")]).toEqual([200, expect.stringMatching(type)]);
});

test("answers JSON to all others, browsers included", async () => {
  const { ask } = await startReports({});
  for (const accept of [
    "*/*",
    "application/json",
    "application/graphql-response+json, text/csv;q=0.5",
    "text/html,application/xhtml+xml,*/*;q=0.8",
  ]) {
    const { text, headers } = await ask(query, accept);
    expect(headers.get("content-type"), accept).toMatch(/json/);
    expect(JSON.parse(text).data.units.totalCount).toBe(2);
  }
  expect((await ask(query, "application/json;q=0.5, text/csv")).headers.get("content-type")).toMatch(/csv/);
});

test("a GET needs a header that pages of other sites cannot send", async () => {
  const { send } = await startReports({});
  const path = `/graphql?query=${encodeURIComponent("query Q($n: Int) { units(first: $n, orderBy: [{ field: NAME }]) { nodes { name } } }")}&variables=${encodeURIComponent('{"n":1}')}`;
  expect((await send(path, { headers: { accept: csv } })).status).toBe(400);
  const given = await send(path, { headers: { accept: csv, "apollo-require-preflight": "1" } });
  expect(given.text).toBe("name\r\n2104\r\n");
  expect(
    (
      await send("/graphql?query={units{nodes{name}}}&variables=x", {
        headers: { accept: csv, "x-api-key": "any" },
      })
    ).status,
  ).toBe(400);
});

test("edges, lists other than connections, and conditional fields become rows", async () => {
  const { ask } = await startReports({});
  expect((await ask("{ buildings(orderBy: [{ field: NAME }]) { edges { node { name } } } }", csv)).text).toBe(
    "node.name\r\nCreek Gate\r\nMarina Heights\r\n",
  );
  expect(
    (
      await ask(
        '{ nodes(ids: ["Unit:9199", "Unit:1", "Room:9211"]) { id ... on Unit { name } ... on Room { name } } }',
        csv,
      )
    ).text,
  ).toBe("id,name\r\nUnit:9199,2104\r\n,\r\nRoom:9211,Bed 1\r\n");
  const conditional =
    "query ($with: Boolean!) { units { nodes { name number @include(if: $with) } } rooms @skip(if: true) { nodes { name } } }";
  expect((await ask(conditional, csv, {}, { with: false })).text.split("\r\n")[0]).toBe("name");
  expect((await ask(conditional, csv, {}, { with: true })).text.split("\r\n")[0]).toBe("name,number");
});

test.each([
  ["{ units { nodes { name } } rooms { nodes { name } } }", /units\.nodes, rooms\.nodes/],
  ["{ a: units { nodes { name } edges { cursor } } }", /a\.nodes, a\.edges/],
  ["{ units { totalCount } }", /selects none/],
  ["{ units { nodes { name rooms { nodes { name } } } } }", /cell.*rooms\.nodes/],
  [
    "mutation { archiveUnit(ref: { almaId: 1 }) { userErrors { code } } }",
    /A mutation cannot be answered as a table/,
  ],
  ["{ units { nodes { nam } } }", /Cannot query field \\"nam\\"/],
  ["{ units { nodes { name }", /Syntax Error/],
  ["{ units(first: 10001) { nodes { name } } }", /not a page size/],
  ["query Q($n: Int!) { units(first: $n) { nodes { name } } }", /\$n/],
  [
    "query A { units { nodes { name } } } query B { units { nodes { name } } }",
    /operationName|operation name/i,
  ],
  ["", /./],
  ["query Q @explain { units { nodes { name } } }", /no data/],
])("%s is refused as JSON with a sentence, and nothing is executed", async (document, reason) => {
  const { ask, asked } = await startReports({}, { CATALOG: "off" });
  const { status, text, headers } = await ask(document, csv);
  expect(status).toBe(400);
  expect(headers.get("content-type")).toMatch(/^application\/graphql-response\+json/);
  expect(JSON.stringify(JSON.parse(text).errors)).toMatch(reason);
  expect(asked()).toEqual([]);
});

test("a query cut by its pages says so, and gives the same rows as JSON", async () => {
  const { ask } = await startReports({}, {}, { size: { buildings: 1, units: 60 } });
  const asTable = await ask("{ units { nodes { name } } }", "application/x-ndjson");
  const asJson = JSON.parse((await ask("{ units { nodes { name } } }", "application/json")).text);
  expect(
    asTable.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(asJson.data.units.nodes);
  expect(asTable.headers.get("x-alma-cut-by-default")).toBe("units");
});

test("scopes hold, and the key is needed", async () => {
  const { ask } = await startReports({}, keyEnv);
  const clients = "{ clients { nodes { email } } }";
  expect((await ask(clients, csv)).status).toBe(401);
  expect((await ask(clients, csv, { "x-api-key": keys.read.key })).status).toBe(403);
  expect((await ask(clients, csv, { "x-api-key": keys.personal.key })).text).toContain("anna@example.com");
  const codes = "{ units { nodes { keyboxCode } } }";
  expect((await ask(codes, csv, { "x-api-key": keys.all.key })).status).toBe(403);
});
