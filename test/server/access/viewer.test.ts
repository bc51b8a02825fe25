import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway } from "../../support/gateway.ts";

const question = "{ viewer { name scopes expires } }";

async function start(env: Record<string, string>) {
  const gateway = await startGateway({ size: 0 }, { RESPONSE_CACHE_SIZE: "1000000", ...env });
  onTestFinished(() => gateway.close());
  return gateway;
}

test("the viewer of a gateway without authentication is anyone, who may do everything", async () => {
  const { query, asked } = await start({});
  const { data, errors } = await query(question);
  expect(errors).toBeUndefined();
  expect(data.viewer).toEqual({
    name: "anyone",
    scopes: ["READ", "PERSONAL", "SECRETS", "AUDIT", "WRITE", "BULK"],
    expires: null,
  });
  expect(asked()).toEqual([]);
});

test("the viewer is the key of each request, also of two with the same scopes, and of one that may only write", async () => {
  const end = new Date("2099-05-01T10:00:00.000Z");
  const keys = [
    createApiKey("sheets", ["read"], end),
    createApiKey("screens", ["read"], null),
    createApiKey("sync", ["write"], null),
  ];
  const { query } = await start({ API_KEYS: JSON.stringify(keys.map(({ record }) => record)) });
  const ask = async (key: string, headers = { "x-api-key": key }) => {
    const { data, errors } = await query(question, undefined, headers);
    expect(errors).toBeUndefined();
    return data.viewer;
  };
  const [sheets = "", screens = "", sync = ""] = keys.map(({ key }) => key);
  for (let round = 0; round < 3; round++) {
    expect(await ask(sheets)).toEqual({ name: "sheets", scopes: ["READ"], expires: end.toISOString() });
    expect(await ask(screens)).toEqual({ name: "screens", scopes: ["READ"], expires: null });
  }
  expect(await ask(sync)).toEqual({ name: "sync", scopes: ["WRITE"], expires: null });
  const bearer = { authorization: `Bearer ${sheets}` } as unknown as { "x-api-key": string };
  expect(await ask(sheets, bearer)).toMatchObject({ name: "sheets" });
  const { errors } = await query(question);
  expect(errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
});

test("the viewer of a token is its subject, until the token expires", async () => {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const issuer = createServer((_request, response) => {
    void exportJWK(publicKey).then((jwk) =>
      response.end(JSON.stringify({ keys: [{ ...jwk, alg: "RS256" }] })),
    );
  }).listen(0, "127.0.0.1");
  await once(issuer, "listening");
  onTestFinished(() => void issuer.close());
  const { query } = await start({
    JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`,
    JWT_ISSUER: "issuer",
    JWT_AUDIENCE: "gateway",
  });
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const token = await new SignJWT({ scope: "read personal other" })
    .setProtectedHeader({ alg: "RS256" })
    .setIssuer("issuer")
    .setAudience("gateway")
    .setSubject("maria")
    .setExpirationTime(expires)
    .sign(privateKey);
  const { data } = await query(question, undefined, { authorization: `Bearer ${token}` });
  expect(data.viewer).toEqual({
    name: "maria",
    scopes: ["READ", "PERSONAL"],
    expires: new Date(expires * 1000).toISOString(),
  });
});

test("a filter through a link needs the scopes of its fields, in the document and in variables", async () => {
  const reader = createApiKey("reader", ["read"], null);
  const personal = createApiKey("personal", ["read", "personal"], null);
  const { query } = await start({ API_KEYS: JSON.stringify([reader.record, personal.record]) });
  const filters = [
    '{ clientWhere: { email: { startsWith: "a" } } }',
    "{ or: [{ not: { clientWhere: { and: [{ email: { isNull: true } }] } } }] }",
  ];
  const variable = "query Guess($f: TenantContractFilter) { tenantContracts(filter: $f) { totalCount } }";
  for (const filter of filters) {
    const inDocument = `{ tenantContracts(filter: ${filter}) { totalCount } }`;
    // A filter as JSON.
    const f = JSON.parse(filter.replaceAll(/(\w+):/g, '"$1":'));
    for (const [text, variables] of [
      [inDocument, undefined],
      [variable, { f }],
    ] as const) {
      const refused = await query(text, variables, { "x-api-key": reader.key });
      expect(refused.data).toBeUndefined();
      expect(refused.errors?.[0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });
      expect(refused.errors?.[0]?.message).toContain("ClientFilter.email");
      const allowed = await query(text, variables, { "x-api-key": personal.key });
      expect(allowed.errors).toBeUndefined();
    }
  }
});
