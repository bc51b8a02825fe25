import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fastify } from "fastify";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createApiKey, type KeyRecord } from "../../../src/server/access/api-key.ts";
import { createFailedKeyLimit } from "../../../src/server/access/auth-hook.ts";
import { createAuthentication } from "../../../src/server/access/authentication.ts";
import { createBrowserHooks } from "../../../src/server/access/browser-hooks.ts";
import { createLink } from "../../../src/server/access/link.ts";
import { createLog } from "../../../src/server/index.ts";
import { advance } from "../../support/clock.ts";
import { start, testConfig } from "../http/small-graph.ts";
import { keyEnv, keys } from "./scoped-graph.ts";

/** A server whose reports return their caller. */
async function startReports(env: Record<string, string>) {
  const config = testConfig(env);
  const authentication = createAuthentication(config, createLog("silent"));
  const countFailure = createFailedKeyLimit();
  const app = fastify();
  app.decorateRequest("caller", null);
  app.decorateRequest("link", null);
  const answer = async ({ caller, link }: { caller: unknown; link: unknown }) => ({
    ...(caller as object),
    scopes: [...(caller as { scopes: Set<string> }).scopes].join(" "),
    query: (link as { query: string } | null)?.query,
  });
  const hooks = createBrowserHooks(authentication, countFailure, config);
  app.get("/reports/:file", { onRequest: hooks.readers }, answer);
  app.get("/links/:link/:file", { onRequest: hooks.links }, answer);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  // fetch would send Sec-Fetch-Mode: cors.
  const get = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const sent = request(url + path, { method, headers, agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const body = await text(response);
    return {
      status: response.statusCode,
      headers: response.headers,
      body: body === "" ? {} : JSON.parse(body),
    };
  };
  return { url, get, close: () => app.close() };
}

const basic = (key: string, user = "anyone") => ({
  authorization: `Basic ${Buffer.from(`${user}:${key}`).toString("base64")}`,
});
const withLink = (record: KeyRecord, ...links: NonNullable<KeyRecord["links"]>) => ({ ...record, links });
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

let server: Awaited<ReturnType<typeof startReports>>;
beforeAll(async () => {
  server = await startReports(keyEnv);
});
afterAll(() => server.close());

test.each([
  ["X-Api-Key", { "x-api-key": keys.all.key }, "READ PERSONAL SECRETS WRITE"],
  ["Bearer", { authorization: `Bearer ${keys.personal.key}` }, "READ PERSONAL"],
  ["Basic, without write and secrets", basic(keys.all.key), "READ PERSONAL"],
  ["Basic with no user name", basic(keys.read.key, ""), "READ"],
  ["Basic with a colon in neither", basic(keys.read.key, "a@b.example"), "READ"],
  ["X-Api-Key before Basic", { "x-api-key": keys.read.key, ...basic("wrong") }, "READ"],
])("a report is opened by %s", async (_, headers, scopes) => {
  const { status, body } = await server.get("/reports/rent-roll.csv", headers as Record<string, string>);
  expect(status).toBe(200);
  expect(body.scopes).toBe(scopes);
  expect((await server.get("/reports/rent-roll.csv", headers as Record<string, string>, "HEAD")).status).toBe(
    200,
  );
});

test.each([
  ["a program", {}, /^Basic .*charset="UTF-8"/],
  [
    "a person who opens the address",
    { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    /^Basic/,
  ],
  ["a script of a page", { "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin" }, /^Bearer/],
  ["an image of a page", { "sec-fetch-mode": "no-cors", "sec-fetch-site": "same-origin" }, /^Bearer/],
])("the browser is prompted for the password if %s can answer", async (_, headers, challenge) => {
  const {
    status,
    body,
    headers: answered,
  } = await server.get("/reports/rent-roll.csv", headers as Record<string, string>);
  expect(status).toBe(401);
  expect(body.errors[0].message).toContain("the password is an API key");
  expect(answered["www-authenticate"]).toMatch(challenge);
});

test.each([
  ["cross-site", "cors"],
  ["cross-site", "no-cors"],
  ["same-site", "no-cors"],
  ["cross-site", "nested-navigate"],
])("a request of another site's page (%s, %s) is refused with the right password", async (site, mode) => {
  const headers = { ...basic(keys.read.key), "sec-fetch-site": site, "sec-fetch-mode": mode };
  const { status, body, headers: answered } = await server.get("/reports/rent-roll.csv", headers);
  expect(status).toBe(403);
  expect(body.errors[0].message).toContain("another site");
  expect(answered["www-authenticate"]).toBeUndefined();
  expect(answered["cross-origin-resource-policy"]).toBe("same-origin");
});

test("a frame of another site is refused, and a link that a person follows is not", async () => {
  const headers = { ...basic(keys.read.key), "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  const open = (dest: string) => server.get("/reports/rent-roll.csv", { ...headers, "sec-fetch-dest": dest });
  expect((await open("iframe")).status).toBe(403);
  expect((await open("object")).status).toBe(403);
  expect((await open("document")).status).toBe(200);
});

test("an Origin alone identifies another site's page, and a sandboxed one", async () => {
  for (const origin of ["https://evil.example", "null"])
    expect((await server.get("/reports/a.csv", { ...basic(keys.read.key), origin })).status, origin).toBe(
      403,
    );
  expect((await server.get("/reports/a.csv", { ...basic(keys.read.key), origin: server.url })).status).toBe(
    200,
  );
});

test("a page of an allowed origin reads reports with a key in a header, never with Basic", async () => {
  const allowed = await startReports({ ...keyEnv, CORS_ORIGINS: "https://app.example" });
  const headers = { origin: "https://app.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };
  const get = async (more: Record<string, string>) =>
    (await allowed.get("/reports/a.csv", { ...headers, ...more })).status;
  expect(await get({ "x-api-key": keys.read.key })).toBe(200);
  expect(await get({ authorization: `Bearer ${keys.read.key}` })).toBe(200);
  expect(await get(basic(keys.read.key))).toBe(403);
  await allowed.close();
});

test("Basic is no key at /graphql, and no proof against other sites' pages", async () => {
  const asked = "/graphql?query=%7Bhello%7D";
  const keyed = await start(undefined, keyEnv);
  expect((await fetch(keyed.url + asked, { headers: basic(keys.all.key) })).status).toBe(401);
  await keyed.close();
  const open = await start();
  const forged = await fetch(open.url + asked, { headers: basic("of a proxy in front") });
  expect(forged.status).toBe(400);
  expect(await forged.text()).toContain("CSRF");
  expect((await fetch(open.url + asked, { headers: { authorization: "Bearer x" } })).status).toBe(200);
  await open.close();
});

test("wrong passwords count like wrong keys, and a right one is always accepted", async () => {
  const own = await startReports(keyEnv);
  const wrong = keys.read.key.replace(/.{10}$/, "A".repeat(10));
  const statuses: unknown[] = [];
  for (let guess = 0; guess < 25; guess++)
    statuses.push((await own.get("/reports/rent-roll.csv", basic(wrong))).status);
  expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]);
  expect((await own.get("/reports/rent-roll.csv", basic(keys.read.key))).status).toBe(200);
  await own.close();
});

test("an open gateway accepts any password or none, and refuses pages of other sites", async () => {
  const open = await startReports({});
  expect((await open.get("/reports/a.csv")).status).toBe(200);
  expect((await open.get("/reports/a.csv", basic("x"))).status).toBe(200);
  const foreign = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
  expect((await open.get("/reports/a.csv", foreign)).status).toBe(403);
  expect((await open.get("/links/almalink_x/a.csv")).status).toBe(404);
  await open.close();
});

test("a link opens its file with its parameters and scopes, hidden from caches and search engines", async () => {
  const { link, record } = createLink(
    { file: "rent-roll.csv", query: "on=today+90d" },
    ["read", "personal"],
    null,
  );
  const linked = await startReports({ API_KEYS: JSON.stringify([withLink(keys.all.record, record)]) });
  const { status, headers, body } = await linked.get(`/links/${link}/rent-roll.csv`);
  expect(status).toBe(200);
  expect(body).toEqual({
    id: keys.all.record.prefix,
    name: "all",
    scopes: "READ PERSONAL",
    link: record.prefix,
    expires: Date.parse(record.expires),
    query: "on=today+90d",
  });
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["x-robots-tag"]).toContain("noindex");
  for (const path of ["rent-roll.xlsx", "income.csv", "rent-roll", "Rent-roll.csv", "rent-roll.csv%00"])
    expect((await linked.get(`/links/${link}/${path}`)).status, path).toBe(404);
  const added = await linked.get(`/links/${link}/rent-roll.csv?on=2020-01-01`);
  expect(added.status).toBe(400);
  expect(added.body.errors[0].message).toContain("frozen");
  for (const headers of [{ "x-api-key": link }, basic(link), { authorization: `Bearer ${link}` }])
    expect((await linked.get("/reports/rent-roll.csv", headers as Record<string, string>)).status).toBe(401);
  await linked.close();
});

test.each([
  ["that is unknown", () => keys.read.record, null],
  ["that has expired", (links: never) => ({ ...keys.read.record, links }), daysAgo(1)],
  [
    "whose key has expired",
    (links: never) => ({ ...keys.read.record, links, expires: daysAgo(1).toISOString() }),
    null,
  ],
])("a link %s is not found, and counted like a wrong key", async (_, keyOf, end) => {
  vi.useFakeTimers({ toFake: ["Date"], now: daysAgo(end ? 80 : 1) });
  const { link, record } = createLink({ file: "a.csv", query: "" }, ["read"], end);
  vi.useRealTimers();
  const linked = await startReports({ API_KEYS: JSON.stringify([keyOf([record] as never)]) });
  const statuses: unknown[] = [];
  for (let guess = 0; guess < 22; guess++) statuses.push((await linked.get(`/links/${link}/a.csv`)).status);
  expect(statuses).toEqual([...Array(20).fill(404), 429, 429]);
  await linked.close();
});

test("a link has no scope that its key does not have, and never write or secrets", async () => {
  const { link, record } = createLink({ file: "a.csv", query: "" }, ["read", "personal"], null);
  const linked = await startReports({ API_KEYS: JSON.stringify([withLink(keys.read.record, record)]) });
  expect((await linked.get(`/links/${link}/a.csv`)).body.scopes).toBe("READ");
  await linked.close();
  const forged = { ...record, scopes: ["read", "secrets"] };
  await expect(
    startReports({ API_KEYS: JSON.stringify([{ ...keys.all.record, links: [forged] }]) }),
  ).rejects.toThrow(/scopes/);
  const endless = { ...record, expires: "2099-01-01T00:00:00.000Z" };
  await expect(
    startReports({ API_KEYS: JSON.stringify([{ ...keys.all.record, links: [endless] }]) }),
  ).rejects.toThrow(/365 days/);
});

test("a revoked key, its password and its links stop working within 10 s", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "keys-")), "keys.json");
  const { link, record } = createLink({ file: "a.csv", query: "" }, ["read"], null);
  const { key, record: other } = createApiKey("other", ["read"], null);
  writeFileSync(file, JSON.stringify([withLink(keys.read.record, record), other]));
  const watched = await startReports({ API_KEYS_FILE: file });
  const statuses = async () => [
    (await watched.get("/reports/a.csv", basic(keys.read.key))).status,
    (await watched.get(`/links/${link}/a.csv`)).status,
    (await watched.get("/reports/a.csv", basic(key))).status,
  ];
  expect(await statuses()).toEqual([200, 200, 200]);
  writeFileSync(file, JSON.stringify([other]));
  advance(10_000);
  expect(await statuses()).toEqual([401, 404, 200]);
  await watched.close();
});
