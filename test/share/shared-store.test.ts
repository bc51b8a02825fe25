import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createSharedDocuments } from "../../src/server/document/shared-documents.ts";
import { createSharedLimit } from "../../src/share/shared-limit.ts";
import { createSharedStore } from "../../src/share/shared-store.ts";
import { Line } from "../../src/store/engine/line.ts";
import { createSeal } from "../../src/store/sealed/seal.ts";
import { keyEnv, keys } from "../server/access/scoped-graph.ts";
import { describeWithValkey, startValkey } from "../support/valkey.ts";
import { join, startAlma } from "./members.ts";

const lines: Line[] = [];
afterEach(() => {
  for (const line of lines.splice(0)) line.close();
});

/** The store of one process. */
function openStore(url: string, key?: Buffer) {
  const line = new Line({ url, timeout: 500 });
  lines.push(line);
  return createSharedStore(line, createSeal(key), "alma:shared");
}

const hashOf = (text: string) => `apq:${createHash("sha256").update(text).digest("hex")}`;

describeWithValkey("what processes count together", () => {
  test("a key has its operations through all of them together", async () => {
    const valkey = await startValkey();
    const [one, other] = [1, 2].map(() => createSharedLimit(openStore(valkey.url), "rate", 3, () => 99));
    expect([await one?.("a"), await other?.("a"), await one?.("a")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    for (const count of [one, other, other]) expect(await count?.("a")).toBeGreaterThan(0);
    expect(await other?.("b")).toBeUndefined();
  });

  test("each counts alone while the engine is down", async () => {
    const valkey = await startValkey();
    let countedAlone = 0;
    const count = createSharedLimit(openStore(valkey.url), "rate", 1, () => {
      countedAlone += 1;
      return undefined;
    });
    await count("a");
    expect(countedAlone).toBe(0);
    await valkey.kill();
    for (let n = 0; n < 3; n++) expect(await count("b")).toBeUndefined();
    expect(countedAlone).toBe(3);
  });

  test("names of callers and addresses are not readable in the engine", async () => {
    const valkey = await startValkey();
    await createSharedLimit(openStore(valkey.url), "rate", 3, () => undefined)("sub:anna@example.com");
    const stored = (await valkey.ask("KEYS", "*")) as string[];
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatch(/^alma:shared:[\w-]{43}$/);
    // Nor can they be guessed without STORE_KEY.
    const sealed = openStore(valkey.url, Buffer.alloc(32, 7));
    await createSharedLimit(sealed, "rate", 3, () => undefined)("sub:anna@example.com");
    expect(await valkey.ask("KEYS", "*")).toHaveLength(2);
  });
});

describeWithValkey("documents of APQ", () => {
  const text = "query A { a }";

  test("are known to all processes", async () => {
    const valkey = await startValkey();
    const [one, other] = [1, 2].map(() => createSharedDocuments(openStore(valkey.url, Buffer.alloc(32, 1))));
    expect(await other?.get(hashOf(text))).toBeUndefined();
    await one?.set(hashOf(text), text);
    expect(await other?.get(hashOf(text))).toBe(text);
    await valkey.kill();
    expect(await other?.get(hashOf(text))).toBe(text);
    expect(await other?.get(hashOf("{ b }"))).toBeUndefined();
  });

  test("are not taken from the engine if somebody has changed them there, or wrote them with another STORE_KEY", async () => {
    const valkey = await startValkey();
    await createSharedDocuments(openStore(valkey.url)).set(hashOf(text), text);
    const [name = ""] = (await valkey.ask("KEYS", "*")) as string[];
    await valkey.ask("SET", name, "mutation { archiveAll }");
    expect(await createSharedDocuments(openStore(valkey.url)).get(hashOf(text))).toBeUndefined();
    await createSharedDocuments(openStore(valkey.url, Buffer.alloc(32, 1))).set(hashOf(text), text);
    const foreign = createSharedDocuments(openStore(valkey.url, Buffer.alloc(32, 2)));
    expect(await foreign.get(hashOf(text))).toBeUndefined();
  });

  test("fill no more than their slots, however many are registered", async () => {
    const valkey = await startValkey();
    const documents = createSharedDocuments(openStore(valkey.url));
    await Promise.all(
      Array.from({ length: 3_000 }, (_, n) => documents.set(hashOf(`{ a${n} }`), `{ a${n} }`)),
    );
    await documents.set(hashOf("x".repeat(20_000)), "x".repeat(20_000));
    expect(Number(await valkey.ask("DBSIZE"))).toBeLessThanOrEqual(1_024);
  });
});

describeWithValkey("gateways that share an engine", () => {
  test("have one limit of a key and of wrong keys, and one memory for hashes, also when another leads", async () => {
    const [valkey, alma] = [await startValkey(), await startAlma({ size: 0 })];
    const env = { ...keyEnv, CATALOG: "off", RATE_LIMIT: "12" };
    const first = await join(alma, valkey.url, env);
    const second = await join(alma, valkey.url, env);
    const send = async (address: string, key: string, body: object) => {
      const headers = { "content-type": "application/json", "x-api-key": key };
      const response = await fetch(`${address}/graphql`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    const query = "{ __typename }";
    const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf(query).slice(4) } };
    const data = { data: { __typename: "Query" } };
    expect((await send(second.address, keys.all.key, { query, extensions })).body).toMatchObject(data);
    expect((await send(first.address, keys.all.key, { extensions })).body).toMatchObject(data);

    /** Whether the engine has counted so many of anything. Lets no minute of a limit end, however busy the machine is. */
    const hasCounted = async (points: number) => {
      const values = [];
      for (const name of (await valkey.ask("KEYS", "alma:shared:*")) as string[]) {
        if (Number(await valkey.ask("PTTL", name)) <= 60_000) await valkey.ask("PEXPIRE", name, "3600000");
        values.push(Number(await valkey.ask("GET", name)));
      }
      return values.includes(points);
    };
    /** Uses up a limit of all processes together. Where the engine was late, a process has counted alone for a while. */
    const useUp = async (points: number, key: string, status: number) => {
      for (let count = 0; count < points; ) {
        const { address } = count % 2 === 0 ? first : second;
        expect((await send(address, key, { query })).status).toBe(status);
        if (await hasCounted(count + 1)) count++;
        else await sleep(1_000);
      }
      for (const { address } of [first, second])
        for (let n = 0; (await send(address, key, { query })).status !== 429; n++) {
          expect(n).toBeLessThan(8);
          await sleep(1_000);
        }
    };
    await useUp(12, keys.read.key, 200);
    await useUp(20, "wrong", 401);

    await first.close();
    expect((await send(second.address, keys.all.key, { extensions })).body).toMatchObject(data);
    expect((await send(second.address, keys.read.key, { query })).status).toBe(429);
  });
});
