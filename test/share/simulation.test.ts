import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { plantedFaults } from "./simulation/planted.ts";
import { simulate } from "./simulation/run.ts";

test.each([1, 26])(
  "whatever happens to processes and their store, no write is duplicated or lost, and no answer is too old, seeds from %i",
  async (first) => {
    let [answers, writes, terms] = [0, 0, 0];
    for (let seed = first; seed < first + 25; seed++) {
      const outcome = await simulate(seed);
      expect(outcome.violation, `npm run simulate -- --seed ${seed}`).toBeUndefined();
      answers += outcome.answers;
      writes += outcome.writes;
      terms += outcome.terms;
    }
    expect(answers).toBeGreaterThan(7_500);
    expect(writes).toBeGreaterThan(200);
    expect(terms).toBeGreaterThan(75);
  },
);

test("the seeds that find injected faults find nothing without them", async () => {
  for (const seed of new Set(plantedFaults.map((fault) => fault.seed)))
    expect((await simulate(seed)).violation, `seed ${seed}`).toBeUndefined();
}, 120_000);

test("each of at least twenty injected faults is found by its seed", async () => {
  const command = ["--import", "tsx", "test/scripts/simulate.ts", "--planted", "--recorded"];
  const { stdout } = await promisify(execFile)(process.execPath, command).catch((error) => error);
  const lines = stdout.trim().split("\n");
  expect(lines.filter((line: string) => !/: seed \d+: /.test(line))).toEqual([]);
  expect(lines).toHaveLength(plantedFaults.length);
  expect(lines.length).toBeGreaterThanOrEqual(20);
}, 300_000);
