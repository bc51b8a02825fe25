import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { stallBody } from "../../server/admission/stalled-body.ts";
import { start } from "./sync-server.ts";

/** JSON text of an item that is nested `depth` levels deep. */
const deepItem = (depth: number) => `[{"kind":"UNIT","item":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}]`;

const json = { "content-type": "application/json" };

/** An item like those of a large portal's `crm.item.get`: about 10 KB and 60 objects. */
const fullItem = (id: number) => ({
  result: {
    item: {
      id,
      title: `Apartment ${id}`,
      ...Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`ufCrm6_16822323${i}`, "x".repeat(20)])),
      photos: Array.from({ length: 30 }, (_, i) => ({
        id: i,
        url: `https://portal.example/${i}`,
        urlMachine: `https://portal.example/rest/${i}/${"t".repeat(60)}`,
      })),
      contacts: Array.from({ length: 25 }, (_, i) => ({ id: i, PHONE: "+971", TYPE: "WORK" })),
    },
  },
});

test("500 full items are accepted, with more objects than MAX_TOKENS and more bytes than MAX_BODY", async () => {
  const { send, given } = await start();
  const body = JSON.stringify(
    Array.from({ length: 500 }, (_, i) => ({ kind: "APARTMENT", item: fullItem(i) })),
  );
  expect(body.length).toBeGreaterThan(4_194_304);
  const { status, body: answer } = await send(body, json);
  expect(status).toBe(200);
  expect(answer.items).toHaveLength(500);
  expect(given[0]?.items[499]?.item).toEqual(fullItem(499));
});

test("more items than BITRIX_MAX_ITEMS are refused before they are read", async () => {
  const { json: post, given } = await start();
  const { status, body } = await post(Array.from({ length: 5_000 }, () => ({ kind: "UNIT", item: {} })));
  expect(status).toBe(400);
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0].extensions).toEqual({ code: "INVALID", field: ["items"] });
  expect(given).toEqual([]);
});

test.each([
  [
    "an item nested deeper than anybody needs",
    deepItem(150),
    400,
    { code: "LIMIT_EXCEEDED", limit: "MAX_DEPTH" },
  ],
  ["one nested deeper than a stack", deepItem(200_000), 400, { code: "LIMIT_EXCEEDED", limit: "MAX_DEPTH" }],
  [
    "a body nested deeper than a stack",
    `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`,
    413,
    { code: "PAYLOAD_TOO_LARGE" },
  ],
  ["a body of empty lists", `[${Array(2_500_000).fill("[]").join(",")}]`, 413, { code: "PAYLOAD_TOO_LARGE" }],
])("%s gets an error, and the next caller a response", async (_, text, expectedStatus, extensions) => {
  const { send, json: post, given } = await start();
  const { status, body } = await send(text, json);
  expect(status).toBe(expectedStatus);
  expect(body.errors[0].extensions).toEqual(extensions);
  expect(JSON.stringify(body)).not.toMatch(/call stack|RangeError/);
  expect(given).toEqual([]);
  expect((await post({ kind: "UNIT", item: { id: 1 } })).status).toBe(200);
});

test("a deeply nested item is accepted", async () => {
  const { send, given } = await start();
  expect((await send(deepItem(90), json)).status).toBe(200);
  expect(given).toHaveLength(1);
});

test("a document of /graphql may have any number of objects inside a JSON value, and MAX_TOKENS outside it", async () => {
  const { url } = await start(undefined, { MAX_TOKENS: "100" });
  const ask = async (where: unknown) => {
    const body = JSON.stringify({
      query: "query ($where: Condition) { hello(where: $where) }",
      variables: { where },
    });
    return (await (await fetch(`${url}/graphql`, { method: "POST", headers: json, body })).json()) as {
      errors?: { extensions: object }[];
    };
  };
  const many = Array.from({ length: 200 }, () => ({ a: { b: {} } }));
  expect((await ask({ item: many })).errors).toBeUndefined();
  expect((await ask({ and: [{ item: many }] })).errors).toBeUndefined();
  const conditions = await ask({ and: Array.from({ length: 200 }, () => ({})) });
  expect(conditions.errors?.[0]?.extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_TOKENS" });
  const unknown = await ask({ and: [], what: many });
  expect(unknown.errors?.[0]?.extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_TOKENS" });
});

test("a slow sender is cut off at the deadline, and takes no slot", async () => {
  const { url, json: post } = await start(undefined, { DEADLINE: "1", MAX_OPERATIONS: "1" });
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "POST /bitrix/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[",
  );
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await once(socket, "close");
  expect(answer).toMatch(/^HTTP\/1\.1 408/);
  expect((await post({ kind: "UNIT", item: { id: 1 } })).status).toBe(200);
});

test("a body that is cut off is not synced", async () => {
  const { url, json: post, given, metrics } = await start();
  const underWay = async (count: number) => {
    while (!(await metrics()).includes(`\nalma_gateway_http_requests_in_flight ${count}\n`))
      await setImmediate();
  };
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    'POST /bitrix/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[{"kind":"UNIT","item":{}}]',
  );
  await underWay(1);
  socket.destroy();
  await underWay(0);
  expect((await post({ kind: "UNIT", item: { id: 1 } })).status).toBe(200);
  expect(given).toHaveLength(1);
});

test("a body that does not end gets 408 and a reason", async () => {
  const { url } = await start(undefined, { DEADLINE: "0.4" });
  const { closed } = await stallBody(url, { path: "/bitrix/sync" });
  const answer = await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 408/);
  expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).errors[0].extensions.code).toBe(
    "REQUEST_TIMEOUT",
  );
});
