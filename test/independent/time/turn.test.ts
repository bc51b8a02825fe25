import { expect, test } from "vitest";
import { until } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import { stages } from "../gateway.ts";

const size = { buildings: 1, units: 40, rooms: 0, clients: 0, tenantContracts: 0, ownerContracts: 0 };
const start = stages({ CATALOG: "on", ALMA_CONCURRENCY: "1", WARM_UP_CONCURRENCY: "16" }, () =>
  portfolio(size),
);

test("a caller goes before background work, and takes along a read that waits for its turn there", async () => {
  const { alma, query } = await start();
  alma.latency = 30;
  const log: string[] = [];
  alma.onRequest = (path) => log.push(path);
  const details = () => log.filter((path) => /units\/\d+/.test(path));
  await until(() => details().length === 1);
  // The first reading goes from the newest down, sixteen at a time: this one is the last of those in line.
  const newest = Math.max(...alma.world.units.keys());
  const asked = log.length;
  const answer = await query(`{ unit(ref: { almaId: ${newest - 13} }) { number } }`);
  expect(answer.data.unit.number).toBe(String(newest - 13));
  expect(log.indexOf(`realty/units/${newest - 13}/`) - asked).toBeLessThanOrEqual(2);
  // It was one call, not two.
  expect(answer.extensions.alma.calls).toBe(0);
  expect(log.filter((path) => path === `realty/units/${newest - 13}/`)).toHaveLength(1);
});
