import { expect, test } from "vitest";
import { until } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import { stages } from "../gateway.ts";

const size = { buildings: 1, units: 40, rooms: 0, clients: 0, tenantContracts: 0, ownerContracts: 0 };
const start = stages({ CATALOG: "on", ALMA_CONCURRENCY: "1", WARM_UP_CONCURRENCY: "16" }, () =>
  portfolio(size),
);

test("a call for a caller goes before background calls, and moves a queued background read forward", async () => {
  const { alma, query } = await start();
  // Long enough for Alma to be slower than even a busy machine.
  alma.latency = 1_000;
  const log: string[] = [];
  alma.onRequest = (path) => log.push(path);
  const details = () => log.filter((path) => /units\/\d+/.test(path));
  await until(() => details().length === 1);
  // The warm-up reads the newest first, sixteen concurrently: this record is last in the queue.
  const newest = Math.max(...alma.world.units.keys());
  const asked = log.length;
  const answer = await query(`{ unit(ref: { almaId: ${newest - 13} }) { number } }`);
  expect(answer.data.unit.number).toBe(String(newest - 13));
  expect(log.indexOf(`realty/units/${newest - 13}/`) - asked).toBeLessThanOrEqual(2);
  // The caller shared the background read.
  expect(answer.extensions.alma.calls).toBe(0);
  expect(log.filter((path) => path === `realty/units/${newest - 13}/`)).toHaveLength(1);
});
