import { expect, test, vi } from "vitest";
import { findGaps } from "./change-reader.ts";
import { followKilled } from "./killed-gateway.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 600_000 });
/** The environment sets more for longer runs. */
const KILLS = Number(process.env.KILLS ?? 3);

test("a reader of changes loses none, and gets those of each record in order, however often the gateway is killed", async () => {
  const { told } = await followKilled(KILLS);
  expect(told.length).toBeGreaterThan(15);
  expect(findGaps(told)).toEqual([]);
});
