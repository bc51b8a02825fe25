import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";

const start = stages({}, () => new World());
let shared: Stage;
beforeAll(async () => {
  shared = await start();
});

/** One gateway serves all runs: queries use maxAge 0, and its Alma is emptied before each run. */
async function emptied(): Promise<Stage> {
  shared.alma.world.units.clear();
  return shared;
}

/** Changes in Alma between two pages. */
const between = fc.record({ add: fc.nat(3), remove: fc.array(fc.nat(30), { maxLength: 3 }) });

test("pages show every record that stays exactly once, while others are added and removed", async () => {
  const rounds = fc.array(between, { minLength: 1, maxLength: 5 });
  const fields = fc.constantFrom("ALMA_ID", "NAME", "STATUS");
  await fc.assert(
    fc.asyncProperty(rounds, fc.integer({ min: 2, max: 5 }), fields, async (changes, size, field) => {
      const { alma, query } = await emptied();
      const { world } = alma;
      for (let seed = 0; seed < 12; seed++)
        addUnit(world, { name: `N${seed % 5}`, status: seed % 3 ? "a" : null });
      const stays = new Set(world.units.keys());
      const seen: number[] = [];
      let cursor: string | null = null;
      for (let round = 0, more = true; more; round++) {
        const { data } = await query(
          `query ($after: String) @freshness(maxAge: 0) {
            units(first: ${size}, after: $after, orderBy: [{ field: ${field} }]) {
              nodes { almaId } pageInfo { endCursor hasNextPage } } }`,
          { after: cursor },
        );
        seen.push(...data.units.nodes.map(({ almaId }: { almaId: number }) => almaId));
        cursor = data.units.pageInfo.endCursor;
        more = data.units.pageInfo.hasNextPage;
        const { add = 0, remove = [] } = changes[round] ?? {};
        for (let time = 0; time < add; time++) addUnit(world, { name: `N${time}`, status: "a" });
        for (const id of remove.map((index) => [...world.units.keys()][index] ?? 0)) {
          world.units.delete(id);
          stays.delete(id);
        }
      }
      expect(new Set(seen).size).toBe(seen.length);
      for (const id of stays) expect(seen).toContain(id);
    }),
    { numRuns: 30 },
  );
});
