import { once } from "node:events";
import { mkdtempSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createApiKey, watchApiKeyFile } from "../../../src/server/access/api-key.ts";
import { createLog } from "../../../src/server/index.ts";
import { start } from "../http/small-graph.ts";

const folder = mkdtempSync(join(tmpdir(), "keys-"));
const reader = createApiKey("reader", ["read"], null);
const old = createApiKey("old", ["read"], new Date("2020-01-01"));
const unknownKey = createApiKey("unknownKey", ["read"], null);
const query = "{ hello }";

describe("API keys", () => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    const file = join(folder, "api-keys.json");
    writeFileSync(file, JSON.stringify([reader.record, old.record]));
    server = await start(undefined, { API_KEYS_FILE: file });
  });
  afterAll(() => server.close());

  test.each([
    ["X-Api-Key", { "x-api-key": reader.key }],
    ["Authorization: Bearer", { authorization: `Bearer ${reader.key}` }],
    ["authorization in lower case", { authorization: `bearer ${reader.key}` }],
  ])("are accepted from %s", async (_, headers) => {
    expect((await server.post(query, {}, headers)).body).toEqual({ data: { hello: "Hello, world" } });
  });

  test.each([
    ["no key", {}, "The request has no credentials"],
    ["an empty key", { "x-api-key": "" }, "The request has no credentials"],
    ["an unknown key", { "x-api-key": unknownKey.key }, "is not known"],
    [
      "a known prefix with another secret",
      { "x-api-key": `almagw_${reader.record.prefix}_${"A".repeat(43)}` },
      "is not known",
    ],
    ["a known key with more behind it", { "x-api-key": `${reader.key}A` }, "is not known"],
    ["an expired key", { "x-api-key": old.key }, "has expired"],
    [
      "Basic",
      { authorization: `Basic ${Buffer.from(`a:${reader.key}`).toString("base64")}` },
      "has no credentials",
    ],
  ])("refuse %s with 401 and a reason", async (_, headers, reason) => {
    const {
      status,
      headers: answered,
      body,
    } = await server.post(query, {}, headers as Record<string, string>);
    expect(status).toBe(401);
    expect(answered.get("www-authenticate")).toContain("Bearer");
    expect(body.errors[0]).toMatchObject({ extensions: { code: "UNAUTHENTICATED" } });
    expect(body.errors[0].message).toContain(reason);
    expect(body.data).toBeUndefined();
  });

  test("are required before the body is read", async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "no json",
    });
    expect(response.status).toBe(401);
  });

  test("are not required by the explanatory pages", async () => {
    for (const path of ["/", "/health/live"]) {
      const response = await fetch(server.url + path, { headers: { accept: "text/html" } });
      expect(response.status, path).toBe(200);
    }
    const asked = await fetch(`${server.url}/graphql?query={hello}`, { headers: { accept: "text/html" } });
    expect(asked.status).toBe(401);
  });

  test("that are wrong too often from one address get 429, while a valid one still works", async () => {
    const guesses = await Promise.all(
      Array.from({ length: 40 }, () => server.post(query, {}, { "x-api-key": unknownKey.key })),
    );
    const slowed = guesses.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(10);
    expect(Number(slowed[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await server.post(query, {}, { "x-api-key": reader.key })).status).toBe(200);
  });
});

describe("wrong keys behind a proxy are counted by the address of their sender", () => {
  const tries = 25;
  const file = join(folder, "proxied-keys.json");
  writeFileSync(file, JSON.stringify([reader.record]));

  /** The statuses of wrong keys, each with its own X-Forwarded-For. */
  async function guess(trust: string, forwarded: (index: number) => string): Promise<Set<number>> {
    const server = await start(undefined, { API_KEYS_FILE: file, TRUST_PROXY: trust });
    const statuses = new Set<number>();
    for (let index = 0; index < tries; index++) {
      const headers = { "x-api-key": unknownKey.key, "x-forwarded-for": forwarded(index) };
      statuses.add((await server.post(query, {}, headers)).status);
    }
    await server.close();
    return statuses;
  }

  test.each([
    ["off", (index: number) => `10.0.0.${index}`],
    ["on", (index: number) => `10.0.0.${index}, 192.0.2.1`],
    ["2", (index: number) => `10.0.0.${index}, 192.0.2.1, 192.0.2.2`],
    ["127.0.0.0/8, 192.0.2.0/24", (index: number) => `10.0.0.${index}, 198.51.100.1, 192.0.2.2`],
    ["10.0.0.0/8", (index: number) => `10.0.0.${index}`],
    ["on", (index: number) => `192.0.2.1:${40_000 + index}`],
    ["on", (index: number) => `[2001:db8::1]:${40_000 + index}`],
  ])("with %s, whatever X-Forwarded-For the sender forges", async (trust, forwarded) => {
    expect(await guess(trust, forwarded)).toEqual(new Set([401, 429]));
  });

  test.each([
    ["on", (index: number) => `192.0.2.1, 10.0.0.${index}`],
    ["2", (index: number) => `192.0.2.1, 10.0.0.${index}, 192.0.2.2`],
    ["127.0.0.0/8, 192.0.2.0/24", (index: number) => `198.51.100.1, 10.0.0.${index}, 192.0.2.2`],
  ])("with %s, and not by the address of the proxy", async (trust, forwarded) => {
    expect(await guess(trust, forwarded)).toEqual(new Set([401]));
  });
});

describe("a key file", () => {
  const log = createLog("silent");
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("is reloaded within 10 s after a change", () => {
    const file = join(folder, "changing.json");
    writeFileSync(file, JSON.stringify([reader.record]));
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const keys = watchApiKeyFile(file, log);
    expect(keys().find(reader.key)).toMatchObject({ name: "reader" });
    writeFileSync(file, JSON.stringify([unknownKey.record, old.record]));
    now = 9_999;
    expect(keys().find(reader.key)).toBeUndefined();
    expect(keys().find(unknownKey.key)).toMatchObject({ name: "unknownKey" });
  });

  test("that becomes invalid rejects every key until it is fixed", () => {
    const file = join(folder, "broken.json");
    writeFileSync(file, JSON.stringify([reader.record]));
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const keys = watchApiKeyFile(file, log);
    writeFileSync(file, "[{");
    now += 10_000;
    expect(keys().find(reader.key)).toBeUndefined();
    unlinkSync(file);
    now += 10_000;
    expect(keys().find(reader.key)).toBeUndefined();
    writeFileSync(file, JSON.stringify([reader.record]));
    now += 10_000;
    expect(keys().find(reader.key)).toMatchObject({ name: "reader" });
  });

  test("that is invalid at the start stops the start with its path", async () => {
    const file = join(folder, "bad.json");
    writeFileSync(file, JSON.stringify([{ ...reader.record, scopes: ["admin"] }]));
    await expect(start(undefined, { API_KEYS_FILE: file })).rejects.toThrow(/scopes/);
  });
});

describe("tokens", () => {
  let issuer: Server;
  let server: Awaited<ReturnType<typeof start>>;
  let sign: (claims?: Record<string, unknown>, sub?: string | null) => Promise<string>;
  let publicKey: string;
  let fetched = 0;
  const iss = "https://id.example";
  const aud = "alma-gateway";

  beforeAll(async () => {
    const pair = await generateKeyPair("RS256", { extractable: true });
    publicKey = await exportSPKI(pair.publicKey);
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "one", alg: "RS256", use: "sig" };
    issuer = createServer((_request, response) => {
      fetched += 1;
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
    });
    issuer.listen(0, "127.0.0.1");
    await once(issuer, "listening");
    sign = async (claims = {}, sub = "anna") => {
      const all = { iss, aud, exp: Math.floor(Date.now() / 1000) + 300, scope: "openid read", ...claims };
      const jwt = new SignJWT(all).setProtectedHeader({ alg: "RS256", kid: "one" });
      return (sub === null ? jwt : jwt.setSubject(sub)).sign(pair.privateKey);
    };
    server = await start(undefined, {
      JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`,
      JWT_ISSUER: iss,
      JWT_AUDIENCE: aud,
    });
  });
  afterAll(async () => {
    await server.close();
    issuer.close();
  });
  const ask = async (token: string) => server.post(query, {}, { authorization: `Bearer ${token}` });

  test("that are signed, current and meant for the gateway are accepted, and the keys fetched once", async () => {
    expect((await ask(await sign())).status).toBe(200);
    expect((await ask(await sign({ scope: ["read"] }, "ben"))).status).toBe(200);
    expect((await ask(await sign({ aud: ["other", aud] }, "cleo"))).status).toBe(200);
    expect(fetched).toBe(1);
  });

  test.each<[string, () => Promise<string>, string]>([
    ["expired", () => sign({ exp: Math.floor(Date.now() / 1000) - 60 }), "has expired"],
    ["of another issuer", () => sign({ iss: "https://evil.example" }), "not accepted"],
    ["for another audience", () => sign({ aud: "shop" }), "not accepted"],
    ["without expiry", () => sign({ exp: undefined }), "not accepted"],
    ["without subject", () => sign({}, null), "not accepted"],
    [
      "not yet valid",
      () => sign({ nbf: Math.floor(Date.now() / 1000) + 600 }),
      "not accepted: its signature, or one of iss, aud, sub, exp and nbf, does not fit",
    ],
    [
      "unsigned (alg none)",
      async () =>
        new UnsecuredJWT({ sub: "anna" }).setIssuer(iss).setAudience(aud).setExpirationTime("5m").encode(),
      "not accepted",
    ],
    [
      "signed with the public key as a shared secret",
      () =>
        new SignJWT({ iss, aud, sub: "anna" })
          .setProtectedHeader({ alg: "HS256", kid: "one" })
          .setExpirationTime("5m")
          .sign(new TextEncoder().encode(publicKey)),
      "not accepted",
    ],
    [
      "signed with an unknown key",
      async () => {
        const { privateKey } = await generateKeyPair("RS256");
        const jwt = new SignJWT({ iss, aud, sub: "anna" }).setProtectedHeader({ alg: "RS256", kid: "one" });
        return jwt.setExpirationTime("5m").sign(privateKey);
      },
      "not accepted",
    ],
    [
      "with a changed claim",
      async () => {
        const [head, , signature] = (await sign()).split(".");
        const claims = { iss, aud, sub: "root", exp: Math.floor(Date.now() / 1000) + 300 };
        return `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
      },
      "not accepted",
    ],
  ])("that are %s are refused", async (_, make, reason) => {
    const { status, body } = await ask(await make());
    expect(status).toBe(401);
    expect(body.errors[0].message).toContain(reason);
  });

  test("get 503, not 401, while their issuer's keys cannot be fetched", async () => {
    const cut = await start(undefined, {
      JWT_JWKS_URL: "http://127.0.0.1:1/jwks",
      JWT_ISSUER: iss,
      JWT_AUDIENCE: aud,
    });
    const { status, headers } = await cut.post(query, {}, { authorization: `Bearer ${await sign()}` });
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("5");
    await cut.close();
  });
});
