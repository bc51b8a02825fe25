import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLink } from "../../src/server/access/link.ts";
import { keys } from "../server/access/scoped-graph.ts";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { writeReports } from "./gallery/report-folder.ts";

const endings = ["", ".csv", ".xlsx", ".ndjson", ".json", ".parquet"];
const basic = (key: string) => `Basic ${Buffer.from(`anyone:${key}`).toString("base64")}`;
const emails = createLink({ file: "emails.csv", query: "" }, ["read"], null);
const personalEmails = createLink({ file: "emails.csv", query: "" }, ["read", "personal"], null);
const rents = createLink({ file: "rents.csv", query: "on=today&_bom=0" }, ["read"], null);

let gateway: TestGateway;
beforeAll(async () => {
  const all = { ...keys.all.record, links: [emails.record, personalEmails.record, rents.record] };
  gateway = await startGateway(
    {},
    {
      CATALOG: "on",
      LOG_LEVEL: "info",
      REPORTS: writeReports(),
      API_KEYS: JSON.stringify([all, keys.read.record, keys.personal.record, keys.none.record]),
    },
  );
  await gateway.warm();
});
afterAll(() => gateway.close());

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(gateway.address + path, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

test.each(endings)(
  "a report%s with personal data needs the scope, however it is requested",
  async (ending) => {
    const path = `/reports/emails${ending}`;
    for (const headers of [
      { "x-api-key": keys.read.key },
      { authorization: `Bearer ${keys.read.key}` },
      { authorization: basic(keys.read.key) },
    ] as Record<string, string>[]) {
      for (const search of ["", "?_partial=1"]) {
        const { status, text } = await get(path + search, headers);
        expect(status).toBe(403);
        expect(text).toContain("personal (for Client.email)");
        expect(text).not.toContain("@example.com");
      }
    }
    expect((await get(path, { authorization: basic(keys.none.key) })).status).toBe(403);
    expect((await get(path)).status).toBe(401);
    expect((await get(path, { authorization: basic(keys.personal.key) })).status).toBe(200);
  },
);

test.each([
  "/reports/emails.csv",
  "/reports/emails.json",
  "/reports/emails",
  "/graphql?query=%7Bclients%7Bnodes%7Bemail%7D%7D%7D",
  `/links/${personalEmails.link}/emails.csv`,
])("the ETag another caller got at %s reveals nothing to a caller without the scope", async (path) => {
  const { headers } = await get(path, path.startsWith("/links") ? {} : { "x-api-key": keys.personal.key });
  const tags = ["*", ...[headers.get("etag")].filter((tag) => tag !== null)];
  const own = path.startsWith("/links") ? `/links/${emails.link}/emails.csv` : path;
  const statuses: number[] = [];
  for (const tag of tags)
    for (const method of path.startsWith("/graphql") ? ["GET"] : ["GET", "HEAD"]) {
      const response = await fetch(gateway.address + own, {
        method,
        headers: { "if-none-match": tag, ...(own === path && { "x-api-key": keys.read.key }) },
      });
      expect(response.headers.get("etag")).toBeNull();
      expect(response.headers.get("x-alma-oldest")).toBeNull();
      statuses.push(response.status);
    }
  expect(new Set(statuses)).toEqual(new Set([403]));
});

test("a link keeps the scopes of its creation", async () => {
  expect((await get(`/links/${emails.link}/emails.csv`)).status).toBe(403);
  const { status, text } = await get(`/links/${personalEmails.link}/emails.csv`);
  expect(status).toBe(200);
  expect(text).toContain("@example.com");
});

test("a link gives the same file as the address, unless something is added to it", async () => {
  const byLink = await get(`/links/${rents.link}/rents.csv`);
  const byKey = await get("/reports/rents.csv?on=today&_bom=0", { "x-api-key": keys.read.key });
  expect(byLink.status).toBe(200);
  expect(byLink.text).toBe(byKey.text);
  expect(byLink.headers.get("cache-control")).toBe("no-store");
  expect(byLink.headers.get("x-robots-tag")).toContain("noindex");
  expect((await get(`/links/${rents.link}/rents.csv?on=2020-01-01`)).status).toBe(400);
  for (const file of ["rents", "rents.xlsx", "emails.csv", "..%2Fgraphql", "rents.csv%2F..%2Femails.csv"])
    expect((await get(`/links/${rents.link}/${file}`)).status, file).toBe(404);
  for (const path of ["/graphql?query=%7B__typename%7D", "/reports/rents.csv", "/schema.graphql", "/metrics"])
    for (const headers of [{ "x-api-key": rents.link }, { authorization: `Bearer ${rents.link}` }] as Record<
      string,
      string
    >[])
      expect((await get(path, headers)).status, path).toBe(401);
});

test("a link appears in log and metrics only by its prefix, with its key", async () => {
  await get(`/links/${rents.link}/rents.csv`);
  await get(`/links/${rents.link}/wrong.csv`);
  await get(`/links/${rents.link}x/rents.csv`);
  const log = JSON.stringify(gateway.lines());
  const metrics = (await get("/metrics", { "x-api-key": keys.read.key })).text;
  const secret = rents.link.slice("almalink_".length + 9);
  expect(log + metrics).not.toContain(secret);
  expect(gateway.lines("operation").at(-1)).toMatchObject({
    operation: "Rents",
    caller: keys.all.record.prefix,
    name: "all",
    link: rents.record.prefix,
    outcome: "ok",
  });
  expect(gateway.lines("request rejected").at(-1)).toMatchObject({
    route: "/links/:link/:file",
    status: 404,
  });
});

test("a password opens only reports and the schema", async () => {
  const headers = { authorization: basic(keys.all.key) };
  expect((await get("/reports/rents.csv", headers)).status).toBe(200);
  for (const path of ["/reports", "/schema.graphql"])
    expect((await get(path, headers)).status, path).toBe(200);
  for (const path of ["/graphql?query=%7B__typename%7D", "/metrics"])
    expect((await get(path, headers)).status, path).toBe(401);
  for (const path of ["/graphql", "/files", "/bitrix/sync", "/reports/rents.csv"]) {
    const response = await fetch(gateway.address + path, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: '{"query":"{ __typename }"}',
    });
    expect([401, 404, 405], path).toContain(response.status);
  }
});

test("refused queries count against the caller's rate like all others", async () => {
  const limited = await startGateway(
    {},
    {
      REPORTS: writeReports(),
      API_KEYS: JSON.stringify([{ ...keys.read.record, links: [rents.record] }]),
      RATE_LIMIT: "6",
    },
  );
  const statuses: number[] = [];
  for (const [path, headers] of [
    ["/reports", { authorization: basic(keys.read.key) }],
    ["/reports/plain.csv", { authorization: basic(keys.read.key) }],
    ["/reports/plain", { "x-api-key": keys.read.key }],
    ["/graphql?query=%7B__typename%7D", { "x-api-key": keys.read.key }],
    [`/links/${rents.link}/rents.csv`, {}],
    [`/links/${rents.link}/rents.csv`, {}],
    [`/links/${rents.link}/rents.csv`, {}],
    ["/reports/plain.csv", { authorization: basic(keys.read.key) }],
  ] as [string, Record<string, string>][])
    statuses.push((await fetch(limited.address + path, { headers })).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
  await limited.close();
});

describe.runIf(chromiumPath)(
  "a page of another site, with the password in the browser",
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let site: Server;
    let origin: string;
    let attack = "";
    beforeAll(async () => {
      browser = await startBrowser();
      const chromium = browser.context.browser();
      if (!chromium) throw new Error("There is no browser.");
      // The header is sent with every request, even if the browser itself would withhold the password.
      context = await chromium.newContext({ extraHTTPHeaders: { authorization: basic(keys.all.key) } });
      site = createServer((_request, response) =>
        response.setHeader("content-type", "text/html").end(attack),
      );
      site.listen(0, "127.0.0.1");
      await once(site, "listening");
      origin = `http://localhost:${(site.address() as AddressInfo).port}`;
    }, 60_000);
    afterAll(async () => {
      await browser.close();
      site.closeAllConnections();
      site.close();
    });

    /**
     * Opens a page of the site. Returns the statuses of refused requests, the number of operations executed for it, and
     * the data it received.
     */
    async function open(html: string) {
      attack = `<!doctype html><link rel="icon" href="data:,"><script>window.got = [];</script>${html}`;
      const before = {
        refused: gateway.lines("request rejected").length,
        done: gateway.lines("operation").length,
      };
      const page = await context.newPage();
      await page.goto(origin, { waitUntil: "networkidle" });
      const got = await page.evaluate<string[]>("window.got");
      await page.close();
      const refused = gateway.lines("request rejected").slice(before.refused);
      return {
        refused: refused.map(({ status }) => status as number),
        executed: gateway.lines("operation").length - before.done,
        got,
      };
    }

    const csv = () => `${gateway.address}/reports/emails.csv`;
    const graphql = () => `${gateway.address}/graphql?query=%7Bclients%7Bnodes%7Bemail%7D%7D%7D`;
    test.each<[string, (url: string) => string, isSent: boolean]>([
      ["an image", (url) => `<img src="${url}" onload="got.push('image')">`, true],
      ["a script", (url) => `<script src="${url}" onload="got.push('script')"></script>`, true],
      ["a style", (url) => `<link rel="stylesheet" href="${url}" onload="got.push('style')">`, true],
      ["a frame", (url) => `<iframe src="${url}"></iframe>`, true],
      ["an object", (url) => `<object data="${url}"></object>`, false],
      [
        "a video",
        (url) => `<video src="${url}" preload="auto" onloadeddata="got.push('video')"></video>`,
        true,
      ],
      [
        "a form in a frame",
        (url) =>
          `<iframe name="f"></iframe><form target="f" action="${url}"></form><script>document.forms[0].submit()</script>`,
        true,
      ],
      [
        "fetch with credentials",
        (url) =>
          `<script>fetch("${url}", { credentials: "include" }).then(async (r) => got.push(await r.text()), () => {})</script>`,
        false,
      ],
      [
        "fetch without CORS",
        (url) =>
          `<script>fetch("${url}", { mode: "no-cors", credentials: "include" }).then(async (r) => { const t = await r.text(); if (t) got.push(t); }, () => {})</script>`,
        true,
      ],
    ])("gets nothing by %s", async (_, attackBy, isSent) => {
      // A form replaces the query of its address. The browser itself keeps unsent values.
      for (const url of attackBy("").includes("<form") ? [csv()] : [csv(), graphql()]) {
        const { refused, executed, got } = await open(attackBy(url));
        const status = url === csv() ? 403 : 401;
        expect(refused.filter((other) => other !== status)).toEqual([]);
        if (isSent) expect(refused, url).toContain(status);
        expect(executed).toBe(0);
        expect(got).toEqual([]);
      }
    });

    test("gets nothing by sending a form to a route without forms", async () => {
      for (const path of ["/graphql", "/reports/emails.csv", "/reports"]) {
        const { executed, got } = await open(
          `<iframe name="f"></iframe><form method="post" enctype="text/plain" target="f" action="${gateway.address}${path}"><input name='{"query":"mutation{__typename}","a":"' value='"}'></form><script>document.forms[0].submit()</script>`,
        );
        expect(executed).toBe(0);
        expect(got).toEqual([]);
      }
    });

    test("can link a person there, but cannot read what that person sees", async () => {
      attack = `<!doctype html><a href="${gateway.address}/reports" target="_blank" rel="opener">Reports</a>`;
      const page = await context.newPage();
      await page.goto(origin);
      const [opened] = await Promise.all([context.waitForEvent("page"), page.click("a")]);
      await opened.waitForLoadState();
      expect(await opened.title()).toBe("Reports – Alma gateway");
      // The page of another site that opened it cannot access it.
      expect(await opened.evaluate("window.opener")).toBeNull();
    });

    test("cannot frame a page, nor can one of the gateway's own", async () => {
      const page = await context.newPage();
      const answer = await page.goto(`${gateway.address}/reports`);
      expect(answer?.headers()["x-frame-options"]).toBe("DENY");
      expect(answer?.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
      await page.close();
    });
  },
);
