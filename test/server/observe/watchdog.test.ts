import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { block, ENDLESS, endless, namedQuery } from "../../support/endless.ts";
import { envOf, spawnGateway } from "../../support/process.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

async function start(env: Record<string, string>, known?: Simulator) {
  const alma = known ?? (await createSimulator({ size: 1 }));
  if (!known) onTestFinished(() => alma.close());
  const gateway = spawnGateway({ ...envOf(alma), CATALOG: "off", NODE_OPTIONS: endless(), ...env });
  const address = await gateway.address();
  const ask = (text: string, id = "r-1", key = "") =>
    fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": id, ...(key && { "x-api-key": key }) },
      body: JSON.stringify({ query: namedQuery, variables: { text } }),
    });
  return { alma, gateway, ask };
}

describe("a process with a blocked event loop", () => {
  test("exits after WATCHDOG seconds, and logs the operation", async () => {
    const { gateway, ask } = await start({ WATCHDOG: "3" });
    expect((await ask("a", "r-0")).status).toBe(200);
    await expect(ask(ENDLESS, "r-1")).rejects.toThrow();
    expect(await gateway.exit).toBe(null);
    expect(gateway.child.signalCode).toBe("SIGKILL");
    const [line, ...others] = gateway.lines().filter(({ level }) => level === "fatal");
    expect(line).toMatchObject({ operation: "Named at /graphql, request r-1, caller open", seconds: 3 });
    expect(line?.msg).toContain("WATCHDOG");
    expect(others).toEqual([]);
    expect(gateway.stderr()).toBe("");
  });

  test("continues if it was only suspended", async () => {
    const { gateway, ask } = await start({ WATCHDOG: "3" });
    gateway.child.kill("SIGSTOP");
    await sleep(8_000);
    gateway.child.kill("SIGCONT");
    await sleep(500);
    expect((await ask("a")).status).toBe(200);
    gateway.child.kill("SIGTERM");
    expect(await gateway.exit).toBe(0);
  });

  test.each([
    ["in a debugger", "1", "--inspect=127.0.0.1:0"],
    ["with WATCHDOG=0", "0", ""],
  ])("%s is left alone", async (_, WATCHDOG, options) => {
    const { gateway, ask } = await start({ WATCHDOG, NODE_OPTIONS: `${endless()} ${options}` });
    let isOver = false;
    ask(ENDLESS).catch(() => {
      isOver = true;
    });
    await sleep(4_000);
    expect([gateway.child.exitCode, gateway.child.signalCode, isOver]).toEqual([null, null, false]);
  });
});

/**
 * How a request can end a process: the code that it runs, and the process's options. The heap's limit includes three
 * semi-spaces, whose default size depends on the version of Node.
 */
const ends = {
  "the watchdog": [block, "3", ""],
  "a signal that it cannot catch": [
    `new Worker('setTimeout(() => process.kill(process.pid, "SIGKILL"), 1500)', { eval: true }); ${block}`,
    "20",
    "",
  ],
  "the limit of its memory": [
    "const held = []; while (true) held.push(new Array(1000).fill({}));",
    "20",
    "--max-old-space-size=600",
  ],
  // Numbers in arrays take the garbage collector no time.
  "the limit of its memory, over many turns of the event loop": [
    "const held = []; setInterval(() => held.push(new Array(100_000).fill(0.5)), 5);",
    "0",
    "--max-old-space-size=400 --max-semi-space-size=16",
  ],
  "a signal where nothing watches it": [
    `new Worker('setTimeout(() => process.kill(process.pid, "SIGKILL"), 1500)', { eval: true }); ${block}`,
    "0",
    "",
  ],
} as const;

test.each(Object.entries(ends))(
  "a request for which a process was ended by %s is refused by the next one; others with its document are not",
  async (_, [code, watchdog, options]) => {
    const folder = mkdtempSync(join(tmpdir(), "alma-ended-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [one, two] = ["one", "two"].map((name) => createApiKey(name, ["read"], null));
    const env = {
      STORE_URL: `sqlite:${join(folder, "gateway.db")}`,
      STORE_KEY: "off",
      API_KEYS: JSON.stringify([one?.record, two?.record]),
      WATCHDOG: watchdog,
    };
    const first = await start({ ...env, NODE_OPTIONS: `${endless(code)} ${options}` });
    first.alma.latency = 20_000;
    await first.ask(ENDLESS, "r-1", one?.key).catch(() => {});
    expect(await first.gateway.exit).toBe(null);
    first.alma.latency = 0;
    const second = await start({ ...env, NODE_OPTIONS: "" }, first.alma);
    const told = async (key: string | undefined, text: string) =>
      (await (await second.ask(text, "r-2", key)).json()).errors?.[0];
    for (const _ of [1, 2])
      expect(await told(one?.key, ENDLESS)).toMatchObject({
        message: expect.stringContaining("not tried again for 10 minutes"),
        extensions: { code: "LIMIT_EXCEEDED", retryAfter: expect.any(Number) },
      });
    expect(await told(one?.key, "b")).toBeUndefined();
    expect(await told(two?.key, ENDLESS)).toBeUndefined();
  },
);

test.each([
  ["blocked a process for a while", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);"],
  [
    "filled a process's memory",
    `const { getHeapStatistics } = process.getBuiltinModule("node:v8");
    globalThis.held ??= [];
    const isFull = ({ used_heap_size, heap_size_limit }) => used_heap_size > 0.82 * heap_size_limit;
    while (!isFull(getHeapStatistics())) held.push(new Array(10_000).fill(0.5));`,
  ],
])("a request that only %s is not refused after its end", async (_, code) => {
  const folder = mkdtempSync(join(tmpdir(), "alma-ended-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const env = { STORE_URL: `sqlite:${join(folder, "gateway.db")}`, STORE_KEY: "off", AUTH: "off" };
  const first = await start({
    ...env,
    NODE_OPTIONS: `${endless(code)} --max-old-space-size=1000 --max-semi-space-size=16`,
  });
  expect((await first.ask(ENDLESS)).status).toBe(200);
  // After the turn in which the thread detects it.
  await sleep(1_000);
  first.gateway.child.kill("SIGKILL");
  await first.gateway.exit;
  const second = await start({ ...env, NODE_OPTIONS: "" }, first.alma);
  expect((await (await second.ask(ENDLESS)).json()).errors).toBeUndefined();
});
