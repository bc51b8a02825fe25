import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { household } from "../../simulator/alma.ts";
import { ask, asked, details, end, succession, warm } from "./processes.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const queries = [
  "{ units { totalCount nodes { name number floor building { name address } rooms { nodes { name } } } } }",
  "{ tenantContracts { nodes { number price client { firstName email } rentalObject { name } } } }",
  '{ clients(filter: { email: { contains: "a" } }, orderBy: [{ field: FIRST_NAME }]) { nodes { firstName } } }',
  "{ buildings { nodes { id name units { totalCount } } } }",
  "{ rooms { nodes { id name unit { header } currentTenantContract { startDate } } } }",
];

test("after a restart, everything is answered as before, without a call, and with its real age", async () => {
  const { alma, path, spawn } = await succession({ size: 1 });
  const isRefused = (path: string) => /units\/\d*7\/$/.test(path);
  alma.faults.add({ kind: "status", status: 403, when: ({ path }) => isRefused(path) });
  const began = performance.now();
  const first = spawn();
  await warm(first);
  const before = await Promise.all(queries.map((query) => ask(first, query)));
  await end(first, "SIGTERM");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  asked(alma);
  const second = spawn();
  await warm(second);
  const after = await Promise.all(queries.map((query) => ask(second, query)));
  // Background work retries a failed read after 15 s, and no sooner after a restart.
  const isRetryDue = performance.now() - began > 15_000;
  expect(details(asked(alma)).filter((call) => !isRetryDue || !isRefused(call))).toEqual([]);
  expect(after.map(({ data }) => data)).toEqual(before.map(({ data }) => data));
  for (const [index, { extensions }] of after.entries()) {
    expect(extensions.alma.calls).toBe(0);
    // The catalog's clock and the wall clock differ by the time between the two readings.
    const difference =
      Date.parse(String(extensions.alma.oldest)) - Date.parse(String(before[index]?.extensions.alma.oldest));
    expect(difference).toBeLessThan(2_000);
  }
  await end(second, "SIGTERM");
  await alma.close();
});

test("reads stale data again after a restart, unless a query accepts it", async () => {
  const { alma, spawn } = await succession({ size: 0, data: household }, { CATALOG_MAX_AGE: "2" });
  const first = spawn();
  await warm(first);
  await end(first, "SIGTERM");
  await sleep(2_500);
  asked(alma);
  alma.faults.add({ kind: "stall", ms: 10_000 });
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

test("a second process on the file does not start until the first is killed", async () => {
  const { alma, spawn } = await succession({ size: 0 });
  const first = spawn();
  await first.address();
  const second = spawn();
  expect(await second.exit).toBe(1);
  expect(second.stderr()).toMatch(
    /^The gateway cannot start: STORE_URL names .*, which another process is using: one process owns the file\. .*\n$/,
  );
  await end(first, "SIGKILL");
  const third = spawn();
  await third.address();
  await end(third, "SIGTERM");
  await alma.close();
});
