import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { advance, skipWaiting, until } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

interface Readiness {
  readonly status: string;
  readonly access: string;
  readonly catalog: { readonly kinds: { kind: string; read: number; of?: number }[] };
  readonly alma: {
    readonly reachable: boolean | null;
    readonly lastSuccessSecondsAgo: number | null;
    readonly pausedForSeconds?: number;
  };
}

async function ready(address: string): Promise<Readiness & { readonly code: number }> {
  const response = await fetch(`${address}/health/ready`);
  return { code: response.status, ...((await response.json()) as Readiness) };
}

const size = { buildings: 2, units: 6, rooms: 2, clients: 2, ownerContracts: 1, tenantContracts: 1 };

test("readiness waits for the warm-up, and reports its progress and the access mode", async () => {
  const gateway = await startGateway({ size, latency: 5_000 }, { CATALOG: "on" });
  const early = await ready(gateway.address);
  expect(early).toMatchObject({ code: 503, status: "warming up", access: "open: no key is required" });
  expect(early.catalog.kinds.map(({ kind }) => kind)).toContain("tenantContract");
  expect((await fetch(`${gateway.address}/health/live`)).status).toBe(200);
  gateway.simulator.latency = 0;
  await until(async () => (await ready(gateway.address)).code === 200);
  const late = await ready(gateway.address);
  expect(late).toMatchObject({ code: 200, status: "ready", alma: { reachable: true } });
  expect(late.catalog.kinds).toContainEqual({ kind: "unit", read: 6, of: 6 });
  expect(late.alma.lastSuccessSecondsAgo).toBeGreaterThanOrEqual(0);
  await gateway.close();
});

test("Alma is neither reachable nor unreachable before the first call; an Alma that is down leaves the gateway ready", async () => {
  const API_KEYS = JSON.stringify([createApiKey("reporting", ["read"], null).record]);
  const guarded = await startGateway({ size }, { API_KEYS });
  expect(await ready(guarded.address)).toMatchObject({
    code: 200,
    access: "a key or token is required",
    alma: { reachable: null, lastSuccessSecondsAgo: null },
  });
  await guarded.close();

  const gateway = await startGateway({ size });
  const before = await gateway.query("{ units { nodes { name status } } }");
  expect(before.errors).toBeUndefined();
  gateway.simulator.faults.add({ kind: "reset" });
  const all = "query All @freshness(maxAge: 0) { units { nodes { status } } rooms { nodes { status } } }";
  const known = "@freshness(maxAge: 3600) { units { nodes { name status } } }";
  const nodes = "query N($ids: [ID!]!) @freshness(maxAge: 0) { nodes(ids: $ids) { ... on Unit { status } } }";
  const ids = [...Array(12).keys()].map((id) => `Unit:${id + 1}`);
  await skipWaiting(gateway.query(nodes, { ids }));
  // Reads fail once Alma counts as down with no probe due: after failures for a fifth of ALMA_TIMEOUT.
  advance(gateway.config.almaTimeout / 5);
  const down = await ready(gateway.address);
  expect(down).toMatchObject({ code: 200, status: "ready", alma: { reachable: false } });
  const failed = await skipWaiting(gateway.query(all));
  // A probe is due after 1 s, 2 s, 4 s, then every 5 s: which one succeeds depends on the machine.
  const retryAfter = expect.toSatisfy((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= 5);
  expect(failed.errors?.[0]).toMatchObject({ extensions: { code: "ALMA_UNAVAILABLE", retryAfter } });
  const served = await gateway.query(`query Known ${known}`);
  expect(served.data).toEqual(before.data);

  gateway.simulator.faults.clear();
  await until(async () => (await skipWaiting(gateway.query(all))).errors === undefined);
  expect(await ready(gateway.address)).toMatchObject({ alma: { reachable: true } });
  await gateway.close();
});

test("the pause that Alma asks for is reported while it lasts", async () => {
  const gateway = await startGateway({ size });
  gateway.simulator.faults.add({ kind: "status", status: 429, retryAfter: 50, times: 1 });
  const ask = () => gateway.query("{ unit(ref: { almaId: 1 }) { status } }");
  expect((await ask()).errors).toMatchObject([{ extensions: { code: "ALMA_THROTTLED", retryAfter: 50 } }]);
  const { code, alma } = await ready(gateway.address);
  expect(code).toBe(200);
  expect(alma.pausedForSeconds).toBeGreaterThan(30);
  expect(alma.pausedForSeconds).toBeLessThanOrEqual(50);
  advance(50_000);
  expect((await ask()).errors).toBeUndefined();
  expect((await ready(gateway.address)).alma).not.toHaveProperty("pausedForSeconds");
  await gateway.close();
});
