import { expect, test } from "vitest";
import { Slices } from "../../src/alma/index.ts";
import { type SharedBackend, systemRuntime } from "../../src/share/index.ts";
import { createHolding } from "../../src/share/replicated-backend.ts";
import { createSeal, type Look, type SharedStore } from "../../src/store/index.ts";
import { eventually } from "./members.ts";

test("a copy of a history that the store has lost is none from when that is seen, though its store does not answer", async () => {
  const log = { seq: 5, at: 0, epoch: "lost" };
  const store = {
    logEnd: async () => ({ ...log, run: "r" }),
    readings: async () => [],
    async *entries() {},
    follow: () => new Promise(() => {}),
  } as unknown as SharedStore;
  const catalog = { store: { slices: new Slices(), settleInSlices: async () => {} } };
  const holding = createHolding(
    {
      store,
      runtime: systemRuntime,
      seal: createSeal(undefined),
      createBackend: () => ({ catalog, retire: async () => {} }) as unknown as SharedBackend,
      lease: 1_000,
      almaTimeout: 1_000,
      writeSettlingTime: 1_000,
      leaderWait: 1_000,
      historyKeep: { usual: Number.POSITIVE_INFINITY, byType: new Map() },
    },
    { isOpen: () => false, patience: () => 0, onUnreadable: (error) => expect.fail(String(error)) },
  );
  holding.follow();
  await eventually(() => holding.seq === 5);
  const look = { run: "r", hasLost: false, time: 0, lease: undefined, log } satisfies Look;
  holding.check(look);
  expect(holding.seq).toBe(5);
  holding.check({ ...look, log: { ...log, epoch: "next" } });
  expect(holding.seq).toBeUndefined();
  holding.stopFollowing();
});
