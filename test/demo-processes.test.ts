import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findPostgres, startPostgres } from "../src/demo/postgres.ts";
import { has } from "./support/has.ts";
import { describeWithPostgres } from "./support/postgres.ts";

/** The demo in its own process, as built before the tests. */
function startDemo(args: readonly string[], program = ["dist-test/demo.js"]) {
  const child = spawn(process.execPath, [...program, ...args], {
    env: { PATH: process.env.PATH, PORT: "0" },
    stdio: "pipe",
  });
  onTestFinished(() => void child.kill("SIGTERM"));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk;
    });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, ended, output: () => output };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describeWithPostgres("the demo with --processes", () => {
  test("starts several gateways that give the same answers, survives the end of one, and leaves nothing behind", async () => {
    const { child, ended, output } = startDemo(["--processes", "3"]);
    await until(() => output().includes("Stop with Ctrl+C"));
    const addresses = [...output().matchAll(/ on +(http:\S+)\/graphql/g)].map(([, address = ""]) => address);
    expect(addresses).toHaveLength(3);
    const ask = async (address: string) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ query: "{ units { totalCount } }" });
      const response = await fetch(`${address}/graphql`, { method: "POST", headers, body });
      return (await response.json()).data?.units?.totalCount;
    };
    await until(async () => (await ask(addresses[0] ?? "")) === 48);
    expect(await Promise.all(addresses.map(ask))).toEqual([48, 48, 48]);

    const [, number = "", leader = ""] = /process (\d) \((\d+)\): this process leads/.exec(output()) ?? [];
    process.kill(Number(leader), "SIGKILL");
    await until(() => output().includes(`process ${number} (${leader}): ended by SIGKILL`));
    const others = addresses.filter((_, index) => index !== Number(number) - 1);
    await until(async () => (await Promise.all(others.map(ask))).every((count) => count === 48));

    child.kill("SIGINT");
    expect(await ended).toBe(0);
    for (const address of addresses) await expect(ask(address)).rejects.toThrow("fetch failed");
  }, 120_000);
});

test("without PostgreSQL the error says what is missing", async () => {
  expect(findPostgres("/nowhere", ["/nowhere"])).toBeUndefined();
  await expect(startPostgres(undefined)).rejects.toThrow(
    "it is not installed here: install version 14 or later",
  );
});

test("the demo, run from source, refuses another number of processes", async () => {
  const { ended, output } = startDemo(["--processes", "many"], ["--import", "tsx", "src/demo.ts"]);
  expect(await ended).toBe(1);
  expect(output()).toBe('--processes is "many"; it must be a whole number from 1 to 9.\n');
}, 60_000);

test("a store used by another process is refused with a sentence", async () => {
  const folder = mkdtempSync(join(tmpdir(), "demo-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = ["--store", `sqlite:${join(folder, "gateway.db")}`];
  const first = startDemo(store);
  await until(() => first.output().includes("Stop with Ctrl+C"));
  const second = startDemo(store);
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/^STORE_URL names \S+, which another process is using: .*\n$/);
  first.child.kill("SIGINT");
  expect(await first.ended).toBe(0);
}, 60_000);

test("the demo has keys, expiring tokens, and an Alma that accepts files, is slow, and is down until Enter is pressed", async () => {
  const { child, output } = startDemo(["--keys", "--token-seconds", "60", "--slow", "--down"]);
  await until(() => output().includes("Stop with Ctrl+C"));
  const found = (pattern: RegExp) => pattern.exec(output())?.[1] ?? "";
  const address = found(/The gateway answers on +(\S+)\/graphql/);
  const ask = async (key: string, query: string) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers,
      body: JSON.stringify({ query }),
    });
    const answer = await response.json();
    return answer.errors?.[0].extensions.code ?? answer.data;
  };
  const tokens = found(/username=ann (\S+)/);
  const signIn = async (form: string) =>
    (await fetch(tokens, { method: "POST", body: new URLSearchParams(form) })).json();
  const ann = await signIn("username=ann");
  expect(ann.expires_in).toBe(60);
  const renewed = await signIn(`refresh_token=${ann.refresh_token}`);
  const viewer = "{ viewer { name scopes } }";
  expect(await ask(renewed.access_token, viewer)).toMatchObject({
    viewer: { name: "ann", scopes: ["READ", "PERSONAL", "AUDIT", "WRITE"] },
  });
  expect(await signIn("username=eve")).toEqual({ error: "invalid_grant" });
  const all = found(/bulk: (\S+)/);
  const reader = found(/the scopes read: (\S+)/);
  expect(await ask(reader, viewer)).toMatchObject({ viewer: { scopes: ["READ"] } });
  expect(await ask("none", viewer)).toBe("UNAUTHENTICATED");

  const units = "query @freshness(maxAge: 0) { units(first: 1) { nodes { id } } }";
  expect(await ask(all, units)).toBe("ALMA_UNAVAILABLE");
  child.stdin.write("\n");
  await until(async () => typeof (await ask(all, units)) === "object");
  const before = performance.now();
  expect(await ask(all, units)).toMatchObject({ units: { nodes: [{ id: expect.any(String) }] } });
  expect(performance.now() - before).toBeGreaterThan(1_900);
  if (!has("uploads")) return;
  const form = new FormData();
  const pixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  form.set("file", new Blob([Buffer.from(pixel, "base64")], { type: "image/png" }), "room.png");
  const uploaded = await fetch(`${address}/files`, {
    method: "POST",
    headers: { authorization: `Bearer ${renewed.access_token}` },
    body: form,
  });
  expect([uploaded.status, await uploaded.text()]).toEqual([201, expect.stringContaining("externalFileId")]);
});
