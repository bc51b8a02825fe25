import { expect, test } from "vitest";
import { type SharedBackend, systemRuntime } from "../../src/share/index.ts";
import { createReplicatedBackend } from "../../src/share/replicated-backend.ts";
import { createSeal, type ObservedState, type SharedStore } from "../../src/store/index.ts";
import { eventually } from "./members.ts";

test("a replica of a history that the store has lost ends when the loss is seen, even if its store does not answer", async () => {
  const log = { seq: 5, at: 0, epoch: "lost" };
  const store = {
    logEnd: async () => ({ ...log, run: "r" }),
    readings: async () => [],
    async *entries() {},
    follow: () => new Promise(() => {}),
  } as unknown as SharedStore;
  const catalog = { store: { settleInSlices: async () => {} } };
  const replicated = createReplicatedBackend(
    {
      store,
      runtime: systemRuntime,
      seal: createSeal(undefined),
      createBackend: () => ({ catalog, close: async () => {} }) as unknown as SharedBackend,
      lease: 1_000,
      almaTimeout: 1_000,
      writeSettlingTime: 1_000,
      leaderWait: 1_000,
      historyKeep: { usual: Number.POSITIVE_INFINITY, byType: new Map() },
    },
    { isOpen: () => false, callWait: () => 0, onUnreadable: (error) => expect.fail(String(error)) },
  );
  replicated.follow();
  await eventually(() => replicated.seq === 5);
  const look = { run: "r", hasLost: false, time: 0, lease: undefined, log } satisfies ObservedState;
  replicated.check(look);
  expect(replicated.seq).toBe(5);
  replicated.check({ ...look, log: { ...log, epoch: "next" } });
  expect(replicated.seq).toBeUndefined();
  replicated.stopFollowing();
});
