import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig, settings } from "../../src/config/config.ts";

const least = { ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k" };

function faults(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.errors;
    throw error;
  }
  return [];
}

test("only ALMA_URL and ALMA_API_KEY are required, and the Config is frozen", () => {
  const config = loadConfig(least);
  expect(config).toMatchObject({
    almaUrl: "https://alma.example/external_api/",
    host: "127.0.0.1",
    port: 4000,
    maxAge: 30_000,
    catalogMaxAge: 900_000,
    maxCalls: 1000,
    open: true,
    introspection: true,
    timeZone: "Asia/Dubai",
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("an empty variable is unset, and the last slash of ALMA_URL is optional", () => {
  expect(loadConfig({ ...least, ALMA_URL: "https://alma.example/external_api", PORT: "" })).toMatchObject({
    almaUrl: "https://alma.example/external_api/",
    port: 4000,
  });
});

test.each([
  ["https://alma.example/?next=/external_api/", "be without a user's name, a password, ? and #"],
  ["https://alma.example/#/external_api/", "be without a user's name, a password, ? and #"],
  ["https://user:word@alma.example/external_api/", "be without a user's name, a password, ? and #"],
  ["http:///external_api/", "be an address that begins with http:// or https:// and a host's name"],
])("ALMA_URL %s is refused: only its host and path are used", (ALMA_URL, must) => {
  const shown = ALMA_URL.replace("user:word", "…");
  expect(faults({ ...least, ALMA_URL })).toEqual([`ALMA_URL is "${shown}", but it must ${must}.`]);
});

test("without the catalog an operation may cost 20,000 calls", () => {
  expect(loadConfig({ ...least, CATALOG: "off" }).maxCalls).toBe(20_000);
  expect(loadConfig({ ...least, CATALOG: "off", MAX_CALLS: "7" }).maxCalls).toBe(7);
});

test("the settings of files are read", () => {
  expect(loadConfig(least)).toMatchObject({ fileNetworks: [] });
  const env = { ...least, FILE_NETWORKS: "10.20.0.0/16, fd00::/8" };
  expect(loadConfig(env)).toMatchObject({ fileNetworks: ["10.20.0.0/16", "fd00::/8"] });
  expect(faults({ ...least, FILE_NETWORKS: "10.20.0.0/16, intranet" })).toEqual([
    'FILE_NETWORKS is "10.20.0.0/16, intranet", but it must be a list of networks such as 10.20.0.0/16.',
  ]);
});

test("all errors are reported together, in sentences, without the secret", () => {
  const errors = faults({
    ALMA_URL: "ftp://alma",
    PORT: "70000",
    MAX_AGE: "soon",
    CATALOG: "maybe",
    TIME_ZONE: "Dubai",
  });
  expect(errors).toHaveLength(6);
  expect(errors.join("\n")).toMatch(/ALMA_URL is "ftp:\/\/alma", but it must be an address/);
  expect(errors.join("\n")).toMatch(/ALMA_API_KEY \(or ALMA_API_KEY_FILE\) is not set\./);
  expect(errors.join("\n")).toContain('PORT is "70000", but it must be a whole number from 0 to 65535.');
  expect(errors.join("\n")).toContain('CATALOG is "maybe", but it must be "on" or "off".');
});

describe("a secret", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  const file = join(folder, "key");
  writeFileSync(file, "from-a-file\n");

  test("can be in a file", () => {
    expect(loadConfig({ ALMA_URL: least.ALMA_URL, ALMA_API_KEY_FILE: file }).almaApiKey).toBe("from-a-file");
  });

  test("is refused in both the variable and a file, and in a file that cannot be read", () => {
    expect(faults({ ...least, ALMA_API_KEY_FILE: file })[0]).toContain("both set");
    const { ALMA_API_KEY: _, ...rest } = least;
    expect(faults({ ...rest, ALMA_API_KEY_FILE: join(folder, "none") })[0]).toContain("cannot be read");
  });
});

test("white space around a value is ignored, and a key that is not valid in a header is refused", () => {
  expect(loadConfig({ ALMA_URL: ` ${least.ALMA_URL}\r\n`, ALMA_API_KEY: "k\n", PORT: " " })).toMatchObject({
    almaUrl: least.ALMA_URL,
    almaApiKey: "k",
    port: 4000,
  });
  expect(faults({ ...least, ALMA_API_KEY: "one\nanother" })).toEqual([
    "ALMA_API_KEY has an invalid value: it must be one line of printable ASCII, to be valid in a header.",
  ]);
  expect(faults({ ...least, ALMA_API_KEY: "ключ" })).toHaveLength(1);
});

test("an IPv6 address may have brackets, and ::1 is loopback", () => {
  expect(loadConfig({ ...least, HOST: "[::1]" })).toMatchObject({ host: "::1", open: true });
});

test("trusted proxies are none, one, a number, or networks", () => {
  const trust = (value: string) => loadConfig({ ...least, TRUST_PROXY: value }).trustProxy;
  expect(["off", "on", "3", "10.0.0.0/8, fd00::/8"].map(trust)).toEqual([
    false,
    1,
    3,
    ["10.0.0.0/8", "fd00::/8"],
  ]);
  for (const wrong of ["true", "0", "10", "10.0.0.1", "0.0.0.0/0", ","])
    expect(faults({ ...least, TRUST_PROXY: wrong })).toEqual([
      `TRUST_PROXY is "${wrong}", but it must be off, on, a number of proxies from 1 to 9, or a list of networks such as 10.20.0.0/16.`,
    ]);
});

describe("beyond loopback", () => {
  test("it does not start without authentication by default", () => {
    expect(faults({ ...least, HOST: "0.0.0.0" })[0]).toContain("say AUTH=off");
  });

  test("it starts with keys, with tokens, or with AUTH=off", () => {
    expect(loadConfig({ ...least, HOST: "0.0.0.0", API_KEYS_FILE: "keys.json" }).open).toBe(false);
    const jwt = {
      JWT_JWKS_URL: "https://id.example/jwks",
      JWT_ISSUER: "https://id.example",
      JWT_AUDIENCE: "alma",
    };
    expect(loadConfig({ ...least, HOST: "::", ...jwt }).open).toBe(false);
    expect(loadConfig({ ...least, HOST: "0.0.0.0", AUTH: "off" }).open).toBe(true);
  });

  test("introspection is off without authentication, and on for callers with a key", () => {
    const wide = { ...least, HOST: "0.0.0.0" };
    const closed = { introspection: false };
    expect(loadConfig({ ...wide, AUTH: "off" })).toMatchObject(closed);
    const keyed = { ...wide, API_KEYS_FILE: "keys.json" };
    expect(loadConfig(keyed)).toMatchObject({ introspection: true });
    expect(loadConfig({ ...keyed, INTROSPECTION: "off" })).toMatchObject(closed);
  });
});

test.each([
  "https://id.example/jwks",
  "http://127.0.0.1:8080/jwks",
  "http://localhost/jwks",
  "http://[::1]:80/jwks",
])("the keys of tokens may be at %s", (url) => {
  const env = { ...least, JWT_JWKS_URL: url, JWT_ISSUER: "https://id.example", JWT_AUDIENCE: "alma" };
  expect(loadConfig(env).jwksUrl).toBe(url);
});

test.each([
  "http://id.example/jwks",
  "HTTP://id.example/jwks",
  "http://10.0.0.7/jwks",
  "http://localhost.example/jwks",
  "http://127.0.0.1@id.example/jwks",
  "http://[::2]/jwks",
])("the keys of tokens are not fetched from %s, where others could answer", (url) => {
  const env = { ...least, JWT_JWKS_URL: url, JWT_ISSUER: "https://id.example", JWT_AUDIENCE: "alma" };
  expect(faults(env)).toMatchObject([expect.stringContaining("it must begin with https://")]);
});

test("AUTH=on needs keys or tokens, and tokens need an issuer and an audience", () => {
  expect(faults({ ...least, AUTH: "on" })[0]).toContain("API_KEYS_FILE");
  expect(faults({ ...least, JWT_JWKS_URL: "https://id.example/jwks" })).toHaveLength(2);
});

test("every setting has a unique name, a valid default and a description in a sentence", () => {
  const all = Object.values(settings);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, description: effect } of all) {
    expect(name).toMatch(/^[A-Z][A-Z_]+$/);
    expect(effect).toMatch(/\.$/);
  }
});

describe("a store that several processes share", () => {
  const shared = { ...least, STORE_URL: "postgres://127.0.0.1/alma", PEER_SECRET: "p".repeat(32) };

  test("on this machine needs a secret of the processes, and no key for stored data", () => {
    expect(faults(shared)).toEqual([]);
    const { PEER_SECRET: _, ...without } = shared;
    expect(faults(without).join()).toMatch(/PEER_SECRET.* is not set: give all of them the same/);
  });

  test("needs a port for the other processes, if there is none after that of the callers", () => {
    expect(faults({ ...shared, PORT: "65535" })).toEqual([expect.stringContaining("set it to a free port")]);
    expect(faults({ ...shared, PORT: "65535", PEER_PORT: "0" })).toEqual([]);
    expect(faults({ ...least, PORT: "65535" })).toEqual([]);
  });

  test.each([
    "http://db.internal",
    "postgres://",
    "postgres://db/one/two",
    "postgres://db/alma?sslmode=prefer",
    "postgres://db/alma?host=other",
    "postgres://one,two/alma",
  ])("STORE_URL %s is refused", (STORE_URL) => {
    expect(faults({ ...shared, STORE_URL }).join()).toContain("postgres://USER@HOST:PORT/DATABASE");
  });

  test("on another machine needs a key for stored data, and has no password in its URL", () => {
    const slashed = faults({ ...shared, STORE_URL: "postgres://gw:pa/ss@w0rd@127.0.0.1/alma" }).join();
    expect(slashed).toContain('"postgres://…@127.0.0.1/alma"');
    expect(slashed).not.toMatch(/gw:|w0rd/);
    const STORE_URL = "postgresql://gateway:word@db.internal:5433/alma";
    const errors = faults({ ...shared, STORE_URL });
    expect(errors.join()).toMatch(/STORE_PASSWORD_FILE/);
    expect(errors.join()).toMatch(/STORE_KEY \(or STORE_KEY_FILE\) is not set/);
    expect(errors.join()).not.toContain("word@");
    const STORE_KEY = "7".repeat(64);
    const elsewhere = "postgres://gateway@db.internal/alma?sslmode=verify-full";
    expect(faults({ ...shared, STORE_URL: elsewhere, STORE_KEY })).toEqual([]);
    expect(faults({ ...shared, STORE_URL: elsewhere, STORE_KEY: "off" })).toEqual([]);
  });

  test.each(["7".repeat(63), "short", "%".repeat(44)])(
    "STORE_KEY %s is refused, and not shown",
    (STORE_KEY) => {
      const errors = faults({ ...shared, STORE_KEY }).join();
      expect(errors).toMatch(/STORE_KEY has an invalid value: it must be 32 bytes/);
      expect(errors).not.toContain(STORE_KEY);
    },
  );
});
