import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { storeFolder } from "../store/sqlite/folder.ts";
import { describeWithPostgres, startPostgres } from "../support/postgres.ts";
import { seedsFrom, withSeed } from "../support/seeds.ts";
import { compareMoments, liveThrough, startWorld } from "./moments.ts";

const DAY = 24 * 3_600_000;
/** The environment sets more for longer runs. */
const HISTORIES = Number(process.env.HISTORIES ?? 2);

afterEach(() => void vi.useRealTimers());

test.each([true, false])(
  "every moment of a random history is answered as it was, on its day; lists show what is archived: %s",
  async (archivedInLists) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-03-01T08:00:00Z") });
    const pass = () => void vi.setSystemTime(Date.now() + DAY);
    const rest = () => void vi.setSystemTime(Date.now() + 60_000);
    for (const seed of seedsFrom(1, HISTORIES))
      await withSeed(seed, async () => {
        const world = await startWorld({}, { switches: { archivedInLists } });
        const gateway = await world.start();
        const moments = await liveThrough(world, gateway, { seed, steps: 10, pass, rest });
        await compareMoments(world, gateway, moments);
      });
  },
  600_000,
);

const pass = () => sleep(20);

test("the same holds after restarts, from changes in a file", async () => {
  const { path } = await storeFolder();
  const world = await startWorld({
    STORE_URL: `sqlite:${path}`,
    STORE_KEY: "7b".repeat(32),
    HISTORY_MEMORY: "1048576",
  });
  const first = await world.start();
  const moments = await liveThrough(world, first, { seed: 11, steps: 6, pass });
  await first.close();
  const second = await world.start();
  moments.push(...(await liveThrough(world, second, { seed: 12, steps: 3, pass })));
  await second.close();
  await compareMoments(world, await world.start(), moments);
}, 120_000);

describeWithPostgres("in PostgreSQL", () => {
  test("the same holds with the next leader", async () => {
    const postgres = await startPostgres();
    const world = await startWorld({
      STORE_URL: postgres.url,
      PEER_SECRET: "p".repeat(32),
      LEASE: "1",
      DRAIN_DELAY: "0",
    });
    const leader = await world.start();
    await expect
      .poll(async () => (await leader.query("{ __typename }")).data, { timeout: 30_000 })
      .toBeTruthy();
    const moments = await liveThrough(world, leader, { seed: 21, steps: 6, pass });
    const standby = await world.start();
    await sleep(1_000);
    await leader.close();
    await expect
      .poll(async () => (await standby.query("{ __typename }")).data, { timeout: 30_000 })
      .toBeTruthy();
    await compareMoments(world, standby, moments);
  }, 240_000);
});
