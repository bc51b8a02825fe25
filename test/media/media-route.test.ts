import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createSignedLinks } from "../../src/capabilities/media/media-route.ts";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { portfolio } from "../support/portfolio.ts";

const reader = createApiKey("reader", ["read"], null);
const owner = createApiKey("owner", ["read", "personal"], null);
const photosQuery = "{ unit(ref: { almaId: 9199 }) { photos { url } } }";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway(
    { data: portfolio },
    { MEDIA: "proxy", API_KEYS: JSON.stringify([reader.record, owner.record]) },
  );
});
afterAll(() => gateway.close());

const photoUrl = async (): Promise<string> => {
  const { data } = await gateway.query(photosQuery, {}, { "x-api-key": reader.key });
  return data.unit.photos[0].url;
};

test("a photo is available at the gateway, whole, in parts and by its ETag, without a key", async () => {
  const url = await photoUrl();
  expect(url.startsWith(`${gateway.address}/media/`)).toBe(true);
  expect(url.endsWith("/media/127/photos/4506/view.jpg")).toBe(true);
  const whole = await fetch(url);
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect([whole.status, whole.headers.get("content-type")]).toEqual([200, "image/png"]);
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  expect(whole.headers.get("cache-control")).toMatch(/^private, max-age=\d{4}$/);
  expect(whole.headers.get("content-security-policy")).toContain("sandbox");
  const part = await fetch(url, { headers: { range: "bytes=1-3" } });
  expect([part.status, await part.text()]).toEqual([206, "PNG"]);
  expect(part.headers.get("content-range")).toBe(`bytes 1-3/${bytes.length}`);
  const etag = whole.headers.get("etag") ?? "";
  expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(304);
  expect((await fetch(url, { headers: { range: "bytes=9999999-" } })).status).toBe(416);
  expect((await fetch(url, { method: "HEAD" })).headers.get("content-length")).toBe(String(bytes.length));
});

test("an answer with expiring links is not kept", async () => {
  for (const _ of [1, 2]) {
    const { extensions } = await gateway.query(photosQuery, {}, { "x-api-key": reader.key });
    expect(extensions.alma).not.toHaveProperty("kept");
  }
});

test("a scan is shown only to callers who may see its link", async () => {
  const { clients, files } = gateway.simulator.data;
  clients.change(256, { passport_scan: files.insert({ name: "passport.png" }).id });
  const query = "query @freshness(maxAge: 0) { client(ref: { almaId: 256 }) { passportScan idScan } }";
  const refused = await gateway.query(query, {}, { "x-api-key": reader.key });
  expect(refused.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
  const { data } = await gateway.query(query, {}, { "x-api-key": owner.key });
  const url: string = data.client.passportScan;
  expect(url).toContain("/private-media/");
  const shown = await fetch(url);
  expect([shown.status, shown.headers.get("content-type")]).toEqual([200, "image/png"]);
  // Its path with another path's signature.
  const photo = await photoUrl();
  const forged = photo.slice(0, photo.indexOf("/media/127")) + url.slice(url.indexOf("/private-media/"));
  expect((await fetch(forged)).status).toBe(404);
});

test.each<[string, (url: string) => string]>([
  ["no signature", (url) => url.replace(/media\/\d+\/[\w-]+/, "media")],
  ["a path that no record shows", (url) => url.replace("view.jpg", "other.jpg")],
  ["a query that was not signed", (url) => `${url}?width=10`],
  ["a later end", (url) => url.replace(/media\/(\d+)/, (_, end) => `media/${Number(end) + 3600}`)],
  ["a way upwards", (url) => url.replace("/127/", "/127/..%2f..%2fexternal_api/")],
  ["another host", (url) => url.replace(/\/media\/127.*/, "//example.com/a.png")],
])("a link with %s is refused without asking Alma", async (_name, change) => {
  const url = await photoUrl();
  gateway.asked();
  const response = await fetch(change(url));
  expect(response.status).toBe(404);
  expect((await response.json()).errors[0].extensions.code).toBe("NOT_FOUND");
  expect(gateway.asked()).toEqual([]);
});

test("a link expires", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-30T10:59:00Z") });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const links = createSignedLinks("https://alma.example/", "s".repeat(32));
  const request = { protocol: "https", host: "gateway.example" } as never;
  const url = new URL(links.of(request).linkTo("/media/a b.jpg?v=1"));
  expect(url.origin).toBe("https://gateway.example");
  const address = url.pathname + url.search;
  expect(links.read(address)).toEqual({ path: "/media/a%20b.jpg?v=1", secondsLeft: 3660 });
  expect(createSignedLinks("https://alma.example/", "s".repeat(32)).read(address)).toBeDefined();
  expect(createSignedLinks("https://alma.example/", "t".repeat(32)).read(address)).toBeUndefined();
  vi.setSystemTime(Date.now() + 3_661_000);
  expect(links.read(address)).toBeUndefined();
  // Files on other hosts are not fetched here.
  expect(links.of(request).linkTo("https://cdn.example/x.jpg")).toBe("https://cdn.example/x.jpg");
  expect(links.of(request).linkTo("http://[x")).toBe("http://[x");
});

test("an address with too many requests in a minute gets the time to wait", async () => {
  const limited = await startGateway(
    { data: portfolio },
    { MEDIA: "proxy", API_KEYS: JSON.stringify([reader.record]), RATE_LIMIT: "2" },
  );
  const { data } = await limited.query(photosQuery, {}, { "x-api-key": reader.key });
  const statuses: number[] = [];
  for (const _ of [1, 2]) statuses.push((await fetch(data.unit.photos[0].url)).status);
  const refused = await fetch(data.unit.photos[0].url);
  expect([...statuses, refused.status]).toEqual([200, 200, 429]);
  const retryAfter = Number(refused.headers.get("retry-after"));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(30);
  expect((await refused.json()).errors[0].extensions).toEqual({ code: "RATE_LIMITED", retryAfter });
  await limited.close();
});

describe("other answers of the file host", () => {
  let host: Server;
  let other: TestGateway;
  const asked: (string | undefined)[] = [];
  beforeAll(async () => {
    host = createServer((request, response) => {
      asked.push(request.headers["api-key"] as string | undefined);
      const large = "x".repeat(4000);
      const answers: Record<string, () => void> = {
        "/page.jpg": () => response.setHeader("content-type", "text/html").end("<script>alert(1)</script>"),
        "/drawing.svg": () => response.setHeader("content-type", "image/svg+xml").end("<svg/>"),
        "/away.jpg": () => response.writeHead(302, { location: "http://127.0.0.1:1/secret" }).end(),
        "/large.jpg": () =>
          response.writeHead(200, { "content-type": "image/jpeg", "content-length": 4000 }).end(large),
        "/endless.jpg": () => {
          response.writeHead(200, { "content-type": "image/jpeg" });
          for (const part of [large.slice(0, 2000), large, large]) response.write(part);
          response.end();
        },
        "/unmeasured.jpg": () => {
          response.writeHead(200, { "content-type": "image/jpeg" });
          for (const part of ["x".repeat(2000), "x".repeat(1000)]) response.write(part);
          response.end();
        },
        "/cut.jpg": () => {
          response.writeHead(200, { "content-type": "image/jpeg" });
          response.write("x", () => response.destroy());
        },
      };
      (answers[request.url ?? ""] ?? (() => response.writeHead(404).end()))();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => host.once("listening", resolve));
    const { port } = host.address() as AddressInfo;
    other = await startGateway(
      { data: portfolio },
      { MEDIA: "proxy", ALMA_MEDIA_URL: `http://127.0.0.1:${port}/`, MAX_FILE: "3000" },
    );
  });
  afterAll(async () => {
    await other.close();
    host.close();
  });

  test.each([
    ["/page.jpg", 502],
    ["/drawing.svg", 502],
    ["/away.jpg", 503],
    ["/large.jpg", 502],
    ["/gone.jpg", 404],
    ["/endless.jpg", 502],
    ["/unmeasured.jpg", 200],
    ["/cut.jpg", 503],
  ])("%s", async (path, status) => {
    other.simulator.data.units.change(9199, { photos: [{ id: 1, url: path }] });
    const { data } = await other.query(`query @freshness(maxAge: 0) ${photosQuery}`);
    const response = await fetch(data.unit.photos[0].url);
    expect(response.status).toBe(status);
    const text = await response.text();
    if (status === 200) expect(text).toBe("x".repeat(3000));
    else expect(JSON.parse(text).errors[0].extensions.code).toMatch(/^[A-Z_]+$/);
    // Alma's key is sent only to Alma.
    expect(asked.every((key) => key === undefined)).toBe(true);
  });
});

test("silent readers of one address leave places to others, and are cut off after a while", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const size = 40_000_000;
  const host = createServer((_request, response) =>
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": size }).end(Buffer.alloc(size)),
  ).listen(0, "127.0.0.1");
  await once(host, "listening");
  onTestFinished(() => void host.close());
  const { port } = host.address() as AddressInfo;
  const slow = await startGateway(
    { data: portfolio },
    { MEDIA: "proxy", ALMA_MEDIA_URL: `http://127.0.0.1:${port}/`, MAX_FILE: `${size}`, TRUST_PROXY: "1" },
  );
  onTestFinished(() => slow.close());
  slow.simulator.data.units.change(9199, { photos: [{ id: 1, url: "/silent.jpg" }] });
  const { data } = await slow.query(`query @freshness(maxAge: 0) ${photosQuery}`);
  const open = async (address: string) => {
    const asked = get(data.unit.photos[0].url, { agent: false, headers: { "x-forwarded-for": address } });
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    // It is not read until the connection ends.
    response.on("error", () => {});
    onTestFinished(() => void response.destroy());
    return response;
  };
  const silent = await Promise.all(Array.from({ length: 32 }, () => open("192.0.2.1")));
  expect(silent.map(({ statusCode }) => statusCode)).toEqual(Array(32).fill(200));
  expect((await open("192.0.2.1")).statusCode).toBe(503);
  const other = await open("192.0.2.2");
  expect(other.statusCode).toBe(200);
  await vi.waitUntil(() => silent.every(({ readableLength }) => readableLength > 0));
  await vi.waitFor(
    async () => {
      // The connections first take as much as fits into their buffers.
      vi.advanceTimersByTime(1_000);
      expect((await open("192.0.2.1")).statusCode).toBe(200);
    },
    { timeout: 40_000 },
  );
}, 60_000);

test.runIf(chromiumPath)(
  "a page of another origin shows the picture in Chromium",
  { timeout: 60_000 },
  async () => {
    const url = await photoUrl();
    const page = createServer((_request, response) =>
      response.setHeader("content-type", "text/html").end(`<img src="${url}">`),
    ).listen(0, "127.0.0.1");
    await new Promise((resolve) => page.once("listening", resolve));
    const browser = await startBrowser();
    const opened = await browser.open(`http://127.0.0.1:${(page.address() as AddressInfo).port}/`);
    const size = () =>
      opened.evaluate(
        "(({ complete, naturalWidth, naturalHeight }) => complete && [naturalWidth, naturalHeight])(document.images[0])",
      );
    await expect.poll(size, { timeout: 10_000 }).toEqual([320, 200]);
    await browser.close();
    page.close();
  },
);
