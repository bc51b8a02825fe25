import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
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

async function start(env: Record<string, string>, nodeOptions = "") {
  const alma = await createSimulator({ size: 1 });
  onTestFinished(() => alma.close());
  const preload = `--import=data:text/javascript,${encodeURIComponent(endlessHash)}`;
  const gateway = spawnGateway({
    ...envOf(alma),
    CATALOG: "off",
    NODE_OPTIONS: `${preload} ${nodeOptions}`,
    ...env,
  });
  const address = await gateway.address();
  const ask = (query: string, id = "r-1") =>
    fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": id },
      body: JSON.stringify({ query }),
    });
  return { gateway, ask };
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
