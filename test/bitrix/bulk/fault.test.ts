import { expect, onTestFinished, test, vi } from "vitest";
import { createSimulator, type FaultKind } from "../../../simulator/index.ts";
import { advance } from "../../support/clock.ts";
import { spawnGateway } from "../../support/process.ts";
import { type Payload, start, syncMutation } from "../sync/gateway.ts";
import {
  expectConsistent,
  expectedOutcomes,
  expectRecords,
  keyOf,
  outcomesOf,
  unfinishedOf,
} from "./outcome.ts";
import { chance, portfolio } from "./portfolio.ts";
import { expectedRecordsOf } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

vi.setConfig({ testTimeout: 120_000 });

/** The share of calls that each fault applies to. */
const RATE = 0.02;
const faults: readonly FaultKind[] = [
  { kind: "lostAnswer" },
  { kind: "status", status: 503 },
  { kind: "status", status: 429 },
  { kind: "reset" },
  { kind: "cut" },
  { kind: "html" },
  { kind: "stall", ms: 3_000, point: "before" },
  { kind: "stall", ms: 3_000, point: "after" },
];

/** Codes allowed for an item whose record exists: its own read or a parent's failed. */
const acceptableCodes = ["NOT_DONE", "OUTCOME_UNKNOWN", "PARENT_FAILED"];

test.each(["off", "on"])(
  "under faults, repeating the sync leads to the same records as without faults (catalog %s)",
  async (CATALOG) => {
    const all = portfolio(21, 60);
    const expectedRecords = expectedRecordsOf(all);
    const { sync, data, simulator, sent } = await start({ seed: 3 }, { CATALOG, ALMA_TIMEOUT: "2" });
    for (const fault of faults) simulator.faults.add({ ...fault, rate: RATE });
    let rounds = 0;
    for (let left = [""]; left.length > 0; rounds++) {
      expect(rounds).toBeLessThan(40);
      const payload = await sync(itemsOf(all, rounds));
      const presentKeys = new Set(expectConsistent(payload, data, expectedRecords));
      for (const item of payload.items.filter((result) => presentKeys.has(keyOf(result)))) {
        expect(acceptableCodes).toContain(item.userErrors[0]?.code);
      }
      // Alma may still perform stalled creates: the next round waits for them.
      left = unfinishedOf(payload, all);
      // The clock advances only if a round waits for something; settling needs time in any case.
      advance(2_000);
    }
    simulator.faults.clear();
    sent();
    expect(outcomesOf(await sync(itemsOf(all, 99)))).toEqual(expectedOutcomes(all, "UNCHANGED"));
    expect(sent()).toEqual([]);
    expectRecords(data, expectedRecords);
  },
);

test("killed gateways and a last complete run lead to the same records as one run", async () => {
  const all = portfolio(22, 90);
  const expectedRecords = expectedRecordsOf(all);
  const { below } = chance(8);
  const simulator = await createSimulator({
    size: 0,
    data: { projects: [{ id: 207, name: "Dubai" }] },
    latency: 4,
  });
  onTestFinished(() => simulator.close());
  const env = { ALMA_URL: simulator.url, ALMA_API_KEY: simulator.apiKey, LOG_LEVEL: "info" };
  const spawn = () => spawnGateway({ ...env, CATALOG: "off" });
  const KILLS = 2;
  // Started in advance, because a start is slow. They are idle until the first request.
  const processes = Array.from({ length: KILLS + 1 }, spawn);
  for (const [round, gateway] of processes.entries()) {
    const address = await gateway.address();
    let writes = 0;
    const last = 5 + below(40);
    const killSwitch = simulator.faults.add({
      kind: "reset",
      when({ method }) {
        if (round < KILLS && method === "POST" && ++writes === last) gateway.child.kill("SIGKILL");
        return false;
      },
    });
    const asked = ask(address, { items: itemsOf(all, round) });
    if (round < KILLS) {
      await expect(asked).rejects.toThrow();
      await gateway.exit;
      // Alma still performs requests that it has received.
      await vi.waitFor(
        () => expect(simulator.log.entries.every(({ status }) => status !== undefined)).toBe(true),
        { timeout: 10_000 },
      );
    } else {
      expect(unfinishedOf(await asked, all)).toEqual([]);
      expectRecords(simulator.data, expectedRecords);
    }
    killSwitch.remove();
  }
});

async function ask(address: string, variables: object): Promise<Payload> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: syncMutation, variables }),
  });
  const { data } = (await response.json()) as { data: { syncBitrix: Payload } };
  return data.syncBitrix;
}
