import { describe, expect, test } from "vitest";
import { has } from "../../support/has.ts";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { type RawRequest, sendRaw, startGateways } from "./gateways.ts";

const json = { "content-type": "application/json", "x-api-key": keys.all.key };
const origin = { origin: "https://app.example.com" };
const query = (text: string, more: object = {}) => JSON.stringify({ query: text, ...more });
const units = "{ units(first: 3) { totalCount nodes { id name status } } }";
const getPath = `/graphql?query=${encodeURIComponent(units)}`;
const form = (file: string, type = "multipart/form-data; boundary=b"): RawRequest => ({
  path: "/files",
  headers: { "content-type": type, "x-api-key": keys.all.key },
  body: `--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n${file}\r\n--b--\r\n`,
});
const sync = (body: string, more: Partial<RawRequest> = {}): RawRequest => ({
  path: "/bitrix/sync",
  headers: json,
  body,
  ...more,
});

const requests: Record<string, RawRequest> = {
  "a query by POST": { headers: json, body: query(units) },
  "a query with escapes": { headers: json, body: query(units).replace("units", "\\u0075nits") },
  "a query by GET": { method: "GET", path: getPath, headers: json },
  "a query by GET without a key that a page cannot send": { method: "GET", path: getPath },
  "a query by HEAD": { method: "HEAD", path: getPath, headers: json },
  "a query whose answer is compressed": {
    headers: { ...json, "accept-encoding": "br" },
    body: query("{ __schema { types { name fields { name } } } }"),
  },
  "a long query whose answer is not compressed": {
    headers: { ...json, "accept-encoding": "identity" },
    body: query("{ __schema { types { name fields { name description } } } }"),
  },
  "a query by a page of another origin": { headers: { ...json, ...origin }, body: query(units) },
  "a preflight": {
    method: "OPTIONS",
    headers: {
      ...origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "x-api-key",
    },
  },
  "a list of operations": { headers: json, body: `[${query(units)},${query(units)}]` },
  "a dry run": {
    headers: json,
    body: query("mutation { archiveUnit(ref: { almaId: 1 }, dryRun: true) { userErrors { code message } } }"),
  },
  "a mutation by GET": {
    method: "GET",
    path: `/graphql?query=${encodeURIComponent("mutation { __typename }")}`,
    headers: json,
  },
  "an unknown field": { headers: json, body: query("{ nothing }") },
  "an unknown field, as the new media type": {
    headers: { ...json, accept: "application/graphql-response+json" },
    body: query("{ nothing }"),
  },
  "a document that is too deep": {
    headers: json,
    body: query(`${"{ building ".repeat(30)}{ id }${"}".repeat(30)}`),
  },
  "a document for which the key has no scope": {
    headers: { ...json, "x-api-key": keys.read.key },
    body: query("{ clients(first: 1) { nodes { email } } }"),
  },
  "an unknown persisted document": { headers: json, body: '{"documentId":"sha256:00"}' },
  "an unknown hash of APQ": {
    headers: json,
    body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}',
  },
  "a body that is not JSON": { headers: json, body: "{" },
  "no body": { headers: json },
  "a body of another type": { headers: { ...json, "content-type": "text/plain" }, body: query(units) },
  "a compressed body": { headers: { ...json, "content-encoding": "gzip" }, body: query(units) },
  "a body that is too large": { headers: json, body: query(`{ a } # ${"x".repeat(200_000)}`) },
  "a body that is too large, without its length": {
    headers: json,
    body: [
      '{"query":"',
      ..."x"
        .repeat(9)
        .split("")
        .map((x) => x.repeat(30_000)),
      '"}',
    ],
  },
  "a large body of another type": {
    headers: { ...json, "content-type": "text/plain" },
    body: "x".repeat(400_000),
  },
  "a report as CSV": { method: "GET", path: "/reports/rent-roll.csv", headers: json },
  "a report as JSON, by HEAD": { method: "HEAD", path: "/reports/rent-roll.json", headers: json },
  "a report with a wrong parameter": {
    method: "GET",
    path: "/reports/rent-roll.csv?nothing=1",
    headers: json,
  },
  "a wrong parameter, for a person": {
    method: "GET",
    path: "/reports/rent-roll.csv?nothing=1",
    headers: { ...json, accept: "text/html" },
  },
  "an unknown report": { method: "GET", path: "/reports/nothing.csv", headers: json },
  "the list of reports": { method: "GET", path: "/reports", headers: { ...json, accept: "text/html" } },
  "a wrong link": { method: "GET", path: "/links/almalink_x/rent-roll.csv" },
  "a table": { headers: { ...json, accept: "text/csv" }, body: query(units) },
  "no key": { headers: { "content-type": "application/json" }, body: query(units) },
  "a wrong key": { headers: { ...json, "x-api-key": "almagw_wrong" }, body: query(units) },
  "a page": { method: "GET", headers: { accept: "text/html" } },
  "a page of something else": { method: "GET", path: "/nothing", headers: json },
  "another method": { method: "DELETE", headers: json },
  "the schema": { method: "GET", path: "/schema.graphql", headers: json },
  "a form without a file": { ...form(""), body: "--b--\r\n" },
  "a file that is too large": form("x".repeat(3_000)),
  "a file in another form": form("", "text/plain"),
  "a file by a page of an unknown site": {
    ...form("x"),
    headers: { ...json, origin: "https://other.example.com" },
  },
  "a file by a key that may not write": {
    ...form("x"),
    headers: { ...form("").headers, "x-api-key": keys.read.key },
  },
  "a dry run of a sync": sync('{"items":[{"kind":"CONTACT","item":{"ID":"7","NAME":"Anna"}}],"dryRun":true}'),
  "a sync of an unknown kind": sync('{"items":[{"kind":"HOUSE","item":{}}]}'),
  "a sync of too many items": sync(
    JSON.stringify(Array.from({ length: 60 }, () => ({ kind: "CONTACT", item: {} }))),
  ),
  "a sync with a query string": sync("{}", { path: "/bitrix/sync?dryRun=true" }),
  "a webhook": sync("event=ONCRMCONTACTUPDATE&data[FIELDS][ID]=7", {
    headers: { ...json, "content-type": "application/x-www-form-urlencoded" },
  }),
  "a sync whose body is too large": sync(`{"items":"${"x".repeat(300_000)}"}`),
};

describe("a standby answers like the leader", () => {
  test("to every kind of request", async () => {
    const { addresses, lines } = await startGateways(2, {
      ...keyEnv,
      MAX_AGE: "3600",
      MAX_BODY: "100000",
      BITRIX_MAX_BODY: "200000",
      BITRIX_MAX_ITEMS: "50",
      MAX_FILE: "2000",
      CORS_ORIGINS: origin.origin,
    });
    const [leader = "", standby = ""] = addresses;
    for (const [name, given] of Object.entries(requests)) {
      // Pages contain the address of their request.
      const request = { ...given, headers: { host: "gateway.example.com", ...given.headers } };
      // The first answers may be read from Alma; later ones come from the cache where possible.
      for (let n = 0; n < 2; n++) await sendRaw(leader, request);
      const expected = await sendRaw(leader, request);
      const answer = await sendRaw(standby, request);
      expect({ ...answer, body: answer.body.toString() }, name).toEqual({
        ...expected,
        body: expected.body.toString(),
      });
      expect(answer.body.equals(expected.body), name).toBe(true);
    }
    const messagesOf = (index: number) => new Set(lines[index]?.map(({ msg }) => msg));
    expect(messagesOf(0)).toContain("operation");
    expect(messagesOf(1)).not.toContain("operation");
  });

  test("to a write, which the next query through any process sees; it is logged once, under the caller's id and key", async () => {
    const { addresses, lines, simulator } = await startGateways(3, keyEnv);
    const ask = async (index: number, text: string, id: string) => {
      const headers = { ...json, "x-request-id": id };
      const { body } = await sendRaw(addresses[index] ?? "", { headers, body: query(text) });
      return JSON.parse(body.toString()).data;
    };
    const [unit] = simulator.data.units.all();
    const mutation = `mutation { updateUnit(ref: { almaId: ${unit?.id} }, input: { header: "New" }) { userErrors { code } } }`;
    expect((await ask(1, mutation, "write-1")).updateUnit.userErrors).toEqual([]);
    for (const index of [0, 1, 2])
      expect((await ask(index, `{ unit(ref: { almaId: ${unit?.id} }) { header } }`, "r")).unit.header).toBe(
        "New",
      );
    const writes = lines.flatMap((own, index) =>
      own.filter(({ msg }) => msg === "write").map((line) => ({ ...line, index })),
    );
    expect(writes).toMatchObject([
      { index: 0, requestId: "write-1", name: "all", mutation: "updateUnit", outcome: "done" },
    ]);
  });

  if (has("uploads"))
    test("to an upload, which Alma receives unchanged", async () => {
      const { addresses, simulator } = await startGateways(2, keyEnv);
      const png = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");
      const content = Buffer.concat([png, Buffer.alloc(3_000_000, 7)]);
      const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n';
      const answer = await sendRaw(addresses[1] ?? "", {
        ...form(""),
        body: Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--b--\r\n")]),
      });
      expect(answer.status, answer.body.toString()).toBe(201);
      const [file] = simulator.data.files.all();
      expect(file).toMatchObject({ bytes: content.length });
    });

  test("with the limit of a key, which counts a request once", async () => {
    const { addresses } = await startGateways(2, { ...keyEnv, RATE_LIMIT: "4" });
    const statuses: (number | undefined)[] = [];
    for (let n = 0; n < 5; n++)
      statuses.push(
        (await sendRaw(addresses[1] ?? "", { headers: json, body: query("{ __typename }") })).status,
      );
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    // The leader has counted them, since it answers all.
    expect((await sendRaw(addresses[0] ?? "", { headers: json, body: query("{ __typename }") })).status).toBe(
      429,
    );
  });
});
