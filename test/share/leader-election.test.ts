import { afterEach, expect, test, vi } from "vitest";
import { systemRuntime } from "../../src/share/index.ts";
import { createLeaderElection } from "../../src/share/leadership/leader-election.ts";
import type { Lease, ObservedState, Renewal } from "../../src/store/index.ts";

const LEASE = 2_000;

/** An election over a store that contains `lease`, with the time of the lease. */
function startKeeper(lease: () => Partial<Lease> | undefined, own: () => Partial<Renewal> = () => ({})) {
  const looks: number[] = [];
  const renewals: number[] = [];
  const log = { seq: 0, at: 0, epoch: "" };
  const stored = {
    token: "other",
    beat: 1,
    run: "run",
    at: 0,
    wall: 0,
    time: 0,
    echo: {},
    format: "f",
    free: "",
  };
  const election = createLeaderElection(
    {
      lease: LEASE,
      runtime: systemRuntime,
      leaderClock: () => undefined,
      published: () => ({ address: "", isWarm: false, ...own() }),
      store: {
        format: "f",
        async readState() {
          looks.push(performance.now());
          const seen = lease();
          return {
            run: "run",
            hasLost: false,
            time: 0,
            log,
            lease: seen && ({ ...stored, address: "", isWarm: false, ...seen } as Lease),
          } satisfies ObservedState;
        },
        take: async () => log,
        async renew() {
          renewals.push(performance.now());
          return { run: "run", hasLost: false, time: 0, nonces: {} };
        },
        free: async () => {},
        catchUp: async () => true,
      },
    },
    {
      mayTake: () => true,
      onTaken() {},
      onLost() {},
      onLostCommits() {},
      onObserved() {},
      onChange() {},
      onStore() {},
    },
  );
  election.start();
  return { election, looks, renewals };
}

afterEach(() => void vi.useRealTimers());

test("a process that knows no leader with a filled catalog polls often, and later four times per LEASE", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  let lease: Partial<Lease> = { address: "a", isWarm: false };
  let beat = 0;
  const { election, looks } = startKeeper(() => ({ ...lease, beat: ++beat }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks.length).toBeGreaterThanOrEqual(10);
  lease = { address: "a", isWarm: true };
  await vi.advanceTimersByTimeAsync(200);
  looks.length = 0;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(looks.length).toBe(4);
  await election.close();
});

test("a leader publishes within a twentieth of LEASE that its catalog is filled", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  const own = { address: "own", isWarm: false };
  const { election, renewals } = startKeeper(
    () => undefined,
    () => own,
  );
  await vi.advanceTimersByTimeAsync(2 * LEASE);
  expect(renewals.length).toBeGreaterThan(0);
  own.isWarm = true;
  renewals.length = 0;
  await vi.advanceTimersByTimeAsync(LEASE / 20 + 1);
  expect(renewals.length).toBe(1);
  await vi.advanceTimersByTimeAsync(LEASE);
  expect(renewals.length).toBe(5);
  await election.close();
});
