import { stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../../src/simulator/index.ts";
import { household } from "../../simulator/alma.ts";
import type { Answer } from "../../support/gateway.ts";
import { type Process, spawnGateway } from "../../support/process.ts";
import { snapshotFolder } from "./folder.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const KEY = "7b".repeat(32);

/** A simulated Alma, and gateways in processes of their own that follow each other on one file. */
async function succession(options: SimulatorOptions, env: Record<string, string> = {}) {
  const alma = await createSimulator(options);
  const { path } = await snapshotFolder();
  const spawn = (more: Record<string, string> = {}) =>
    spawnGateway({
      ALMA_URL: alma.url,
      ALMA_API_KEY: alma.apiKey,
      CATALOG_MAX_AGE: "86400",
      SNAPSHOT_FILE: path,
      SNAPSHOT_EVERY: "86400",
      STORE_KEY: KEY,
      ...env,
      ...more,
    });
  return { alma, path, spawn };
}

async function ask(gateway: Process, query: string) {
  const response = await fetch(`${await gateway.address()}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Answer;
}

async function warm(gateway: Process): Promise<void> {
  const address = await gateway.address();
  while ((await fetch(`${address}/health/ready`)).status !== 200) await sleep(20);
}

async function end(gateway: Process, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  gateway.child.kill(signal);
  await gateway.exit;
}

/** What Alma was asked for since the last call of this. */
function asked({ log }: Simulator): string[] {
  const entries = log.entries.map(({ method, path }) => `${method} ${path.replace("/external_api/", "")}`);
  log.clear();
  return entries;
}

/** Requests for one record, which no refresh makes while CATALOG_MAX_AGE is a day. */
const details = (calls: readonly string[]) => calls.filter((call) => /\/\d+\/$/.test(call));

const queries = [
  "{ units { totalCount nodes { name number floor building { name address } rooms { nodes { name } } } } }",
  "{ tenantContracts { nodes { number price client { firstName email } rentalObject { name } } } }",
  '{ clients(filter: { email: { contains: "a" } }, orderBy: [{ field: FIRST_NAME }]) { nodes { firstName } } }',
  "{ buildings { nodes { id name units { totalCount } } } }",
  "{ rooms { nodes { id name parentUnit { header } currentTenantContract { startDate } } } }",
];

test("after a restart, everything is answered as before, without a call, and with the ages that it has", async () => {
  const { alma, path, spawn } = await succession({ size: 1 });
  alma.faults.add({ kind: "status", status: 403, when: ({ path }) => /units\/\d*7\/$/.test(path) });
  const first = spawn();
  await warm(first);
  const before = await Promise.all(queries.map((query) => ask(first, query)));
  await end(first, "SIGTERM");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  asked(alma);
  const second = spawn();
  await warm(second);
  const after = await Promise.all(queries.map((query) => ask(second, query)));
  expect(details(asked(alma))).toEqual([]);
  expect(after.map(({ data }) => data)).toEqual(before.map(({ data }) => data));
  for (const [index, { extensions }] of after.entries()) {
    expect(extensions.alma.calls).toBe(0);
    // The catalog's clock and the calendar differ by the time between two of their readings.
    const difference =
      Date.parse(String(extensions.alma.oldest)) - Date.parse(String(before[index]?.extensions.alma.oldest));
    expect(difference).toBeLessThan(2_000);
  }
  await end(second, "SIGTERM");
  await alma.close();
});

test("what is too old after a restart is read again before it is answered, unless a query accepts stale data", async () => {
  const { alma, spawn } = await succession({ size: 0, data: household }, { CATALOG_MAX_AGE: "2" });
  const first = spawn();
  await warm(first);
  await end(first, "SIGTERM");
  await sleep(2_500);
  asked(alma);
  alma.faults.add({ kind: "stall", ms: 3_000 });
  const second = spawn({ CATALOG_MAX_AGE: "2" });
  await second.address();
  const stale = await ask(
    second,
    "query Q @freshness(ifUnreachable: SERVE_STALE) { units { asOf nodes { number } } }",
  );
  expect(stale.errors).toBeUndefined();
  expect(stale.data.units.nodes.length).toBeGreaterThan(0);
  expect(Date.now() - Date.parse(stale.data.units.asOf)).toBeGreaterThan(2_400);
  alma.faults.clear();
  await warm(second);
  const fresh = await ask(second, "{ units { asOf nodes { number } } }");
  expect(Date.parse(fresh.data.units.asOf)).toBeGreaterThan(Date.parse(stale.data.units.asOf) + 2_000);
  await end(second, "SIGKILL");
  await alma.close();
});

test("a process that is killed after a write leaves no value from before it", async () => {
  const { alma, spawn } = await succession({ size: 0, data: household });
  const first = spawn();
  await warm(first);
  await end(first, "SIGTERM");
  const second = spawn();
  await warm(second);
  const answer = await ask(
    second,
    'mutation { updateUnit(ref: { almaId: 1 }, input: { number: "W-9" }) { userErrors { message } } }',
  );
  expect(answer.data.updateUnit.userErrors).toEqual([]);
  await end(second, "SIGKILL");
  asked(alma);
  const third = spawn();
  await warm(third);
  const list = await ask(third, "{ units { nodes { almaId number } } }");
  expect(list.data.units.nodes).toContainEqual({ almaId: 1, number: "W-9" });
  const calls = details(asked(alma));
  expect(calls).toContain("GET realty/units/1/");
  expect(new Set(calls).size).toBe(calls.length);
  expect(calls.length).toBeLessThan(10);
  await end(third, "SIGTERM");
  await alma.close();
});

test.each(["before", "after"] as const)(
  "a create that Alma carries out %s it stalls, while the process is killed, is made once",
  async (point) => {
    const { alma, spawn } = await succession({ size: 0, data: household }, { WRITE_SETTLING_TIME: "20" });
    const first = spawn();
    await warm(first);
    const buildings = () => alma.data.buildings.all().filter(({ name }) => name === "Late").length;
    alma.faults.add({ kind: "stall", ms: 6_000, point, when: ({ method }) => method === "POST" });
    const create =
      'mutation { createBuilding(input: { externalId: "b-late", name: "Late" }) { building { name } userErrors { code } } }';
    const lost = ask(first, create).catch(() => "lost");
    while (!alma.log.entries.some(({ method }) => method === "POST")) await sleep(10);
    await end(first, "SIGKILL");
    expect(await lost).toBe("lost");
    alma.faults.clear();
    const second = spawn();
    await warm(second);
    const repeated = await ask(second, create);
    expect(repeated.data.createBuilding.userErrors.map(({ code }: { code: string }) => code)).not.toContain(
      "OUTCOME_UNKNOWN",
    );
    await sleep(500);
    expect(buildings()).toBe(1);
    expect(alma.log.entries.filter(({ method }) => method === "POST").length).toBeLessThanOrEqual(2);
    await end(second, "SIGTERM");
    await alma.close();
  },
);

test("a second process on the file does not start, and one does once the first is killed", async () => {
  const { alma, path, spawn } = await succession({ size: 0 });
  const first = spawn();
  await first.address();
  const second = spawn();
  expect(await second.exit).toBe(1);
  expect(second.stderr()).toMatch(
    /^The gateway cannot start: SNAPSHOT_FILE names .*, which process \d+ on .* is using: one process owns the file\. .*\n$/,
  );
  await end(first, "SIGKILL");
  await writeFile(`${path}.unrelated`, "");
  const third = spawn();
  await third.address();
  await end(third, "SIGTERM");
  await alma.close();
});
