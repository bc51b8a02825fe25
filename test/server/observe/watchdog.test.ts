import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { envOf, spawnGateway } from "../../support/process.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** Loaded into a gateway, it never returns from the hash of a document with this comment. */
const endlessHash = `
  import { Hash } from "node:crypto";
  const { update } = Hash.prototype;
  Hash.prototype.update = function (data, ...rest) {
    while (String(data).includes("# for ever"));
    return update.call(this, data, ...rest);
  };`;

async function start(env: Record<string, string>, nodeOptions = "", isEndless = true, known?: Simulator) {
  const alma = known ?? (await createSimulator({ size: 1 }));
  if (!known) onTestFinished(() => alma.close());
  const preload = `--import=data:text/javascript,${encodeURIComponent(endlessHash)}`;
  const gateway = spawnGateway({
    ...envOf(alma),
    CATALOG: "off",
    NODE_OPTIONS: `${isEndless ? preload : ""} ${nodeOptions}`,
    ...env,
  });
  const address = await gateway.address();
  const ask = (query: string, id = "r-1", key = "", variables = {}) =>
    fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": id, ...(key && { "x-api-key": key }) },
      body: JSON.stringify({ query, variables }),
    });
  return { alma, gateway, ask };
}

const known = "query Known { units(first: 1) { totalCount } }";

describe("a process whose event loop stands still", () => {
  test("for WATCHDOG seconds ends, and names the operation", async () => {
    const { gateway, ask } = await start({ WATCHDOG: "3" });
    expect((await ask(known, "r-0")).status).toBe(200);
    await expect(ask("mutation Endless { __typename } # for ever", "r-1")).rejects.toThrow();
    expect(await gateway.exit).toBe(null);
    expect(gateway.child.signalCode).toBe("SIGKILL");
    const [line, ...others] = gateway.lines().filter(({ level }) => level === "fatal");
    expect(line).toMatchObject({ operation: "Endless at /graphql, request r-1, caller open", seconds: 3 });
    expect(line?.msg).toContain("WATCHDOG");
    expect(others).toEqual([]);
    expect(gateway.stderr()).toBe("");
  });

  test("because it was stopped goes on", async () => {
    const { gateway, ask } = await start({ WATCHDOG: "3" });
    gateway.child.kill("SIGSTOP");
    await sleep(8_000);
    gateway.child.kill("SIGCONT");
    await sleep(500);
    expect((await ask(known)).status).toBe(200);
    gateway.child.kill("SIGTERM");
    expect(await gateway.exit).toBe(0);
  });

  test.each([
    ["in a debugger", "1", "--inspect=127.0.0.1:0"],
    ["with WATCHDOG=0", "0", ""],
  ])("%s is left alone", async (_, WATCHDOG, nodeOptions) => {
    const { gateway, ask } = await start({ WATCHDOG }, nodeOptions);
    let isOver = false;
    ask("{ __typename } # for ever").catch(() => {
      isOver = true;
    });
    await sleep(4_000);
    expect([gateway.child.exitCode, gateway.child.signalCode, isOver]).toEqual([null, null, false]);
  });
});

test("a request that ended a process is refused by the next one, and others with its document go on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "alma-ended-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [one, two] = ["one", "two"].map((name) => createApiKey(name, ["read"], null));
  const env = {
    STORE_URL: `sqlite:${join(folder, "gateway.db")}`,
    STORE_KEY: "off",
    API_KEYS: JSON.stringify([one?.record, two?.record]),
    WATCHDOG: "3",
  };
  const query =
    "query Named($name: String) { __typename units(filter: { name: { contains: $name } }) { totalCount } } # for ever";
  const first = await start(env);
  await expect(first.ask(query, "r-1", one?.key, { name: "a" })).rejects.toThrow();
  expect(await first.gateway.exit).toBe(null);
  const second = await start(env, "", false, first.alma);
  const told = async (key: string | undefined, variables: object) =>
    (await (await second.ask(query, "r-2", key, variables)).json()).errors?.[0];
  for (const _ of [1, 2])
    expect(await told(one?.key, { name: "a" })).toMatchObject({
      message: expect.stringContaining("not tried again for 10 minutes"),
      extensions: { code: "LIMIT_EXCEEDED", retryAfter: expect.any(Number) },
    });
  expect(await told(one?.key, { name: "b" })).toBeUndefined();
  expect(await told(two?.key, { name: "a" })).toBeUndefined();
});
