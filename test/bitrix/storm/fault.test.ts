import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { createSimulator, type FaultKind } from "../../../src/simulator/index.ts";
import { spawnGateway } from "../../support/process.ts";
import { type Payload, start, syncMutation } from "../sync/gateway.ts";
import { endsOf, expectedEnds, expectHeld, expectTrue, keyOf, leftOf } from "./outcome.ts";
import { chance, portfolio } from "./portfolio.ts";
import { holdingOf } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

vi.setConfig({ testTimeout: 120_000 });

/** What goes wrong, each at this share of the calls. */
const RATE = 0.02;
const faults: readonly FaultKind[] = [
  { kind: "lostAnswer" },
  { kind: "status", status: 503 },
  { kind: "status", status: 429 },
  { kind: "reset" },
  { kind: "cut" },
  { kind: "html" },
  { kind: "stall", ms: 450, point: "before" },
  { kind: "stall", ms: 450, point: "after" },
];

/** Why an item that is there may be reported as failed: it could not be looked at, or what it hangs on could not. */
const excuses = ["NOT_DONE", "OUTCOME_UNKNOWN", "PARENT_FAILED"];

test.each(["off", "on"])(
  "under faults, repeated until all is done, Alma is as without them (catalog %s)",
  async (CATALOG) => {
    const all = portfolio(21, 60);
    const holding = holdingOf(all);
    const { sync, data, simulator, sent } = await start({ seed: 3 }, { CATALOG, ALMA_TIMEOUT: "0.3" });
    for (const fault of faults) simulator.faults.add({ ...fault, rate: RATE });
    let rounds = 0;
    for (let left = [""]; left.length > 0; rounds++) {
      expect(rounds).toBeLessThan(40);
      const payload = await sync(itemsOf(all, rounds));
      const there = new Set(expectTrue(payload, data, holding));
      for (const item of payload.items.filter((one) => there.has(keyOf(one)))) {
        expect(excuses).toContain(item.userErrors[0]?.code);
      }
      left = leftOf(payload, all);
      // A create of unknown outcome is to be repeated in a moment: one that was stalled may still be carried out.
      await sleep(250);
    }
    simulator.faults.clear();
    sent();
    expect(endsOf(await sync(itemsOf(all, 99)))).toEqual(expectedEnds(all, "UNCHANGED"));
    expect(sent()).toEqual([]);
    expectHeld(data, holding);
  },
);

test("killed again and again in the middle, and repeated: Alma is as from one run", async () => {
  const all = portfolio(22, 90);
  const holding = holdingOf(all);
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
  // Started ahead, since that takes long; none does anything before it is asked.
  const processes = Array.from({ length: KILLS + 1 }, spawn);
  for (const [turn, gateway] of processes.entries()) {
    const address = await gateway.address();
    let writes = 0;
    const last = 5 + below(40);
    const fuse = simulator.faults.add({
      kind: "reset",
      when({ method }) {
        if (turn < KILLS && method === "POST" && ++writes === last) gateway.child.kill("SIGKILL");
        return false;
      },
    });
    const asked = ask(address, { items: itemsOf(all, turn) });
    if (turn < KILLS) {
      await expect(asked).rejects.toThrow();
      await gateway.exit;
      // What was on its way is still carried out.
      await vi.waitFor(
        () => expect(simulator.log.entries.every(({ status }) => status !== undefined)).toBe(true),
        { timeout: 10_000 },
      );
    } else {
      expect(leftOf(await asked, all)).toEqual([]);
      expectHeld(simulator.data, holding);
    }
    fuse.remove();
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
