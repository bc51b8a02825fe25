import { expect, test } from "vitest";
import { portfolio } from "../alma/portfolio.ts";
import type { Quirks } from "../alma/quirk.ts";
import { stages } from "../gateway.ts";

const size = { buildings: 2, units: 12, rooms: 10, clients: 2, tenantContracts: 0, ownerContracts: 0 };
const start = stages({ MAX_AGE: "0.2", CATALOG_MAX_AGE: "1" }, () => portfolio(size));

test.each(["arrival", "departure"] as const)(
  "records that change with every request are never shown older than promised (Alma reads on %s)",
  async (readsAt: Quirks["readsAt"]) => {
    const { alma, query } = await start({}, { readsAt });
    alma.latency = 4;
    const units = [...alma.world.units.values()];
    /** When each version began. All units have the same version, in their numbers and names. */
    const began: number[] = [];
    const change = () => {
      const version = String(began.push(performance.now()) - 1);
      for (const unit of units) Object.assign(unit, { number: version, name: version });
    };
    change();
    alma.onRequest = change;

    /** The oldest version that an answer to a query of that time may show. */
    const oldest = (asked: number, age: number) => began.findLastIndex((time) => time <= asked - age);
    const ask = async (text: string, age: number, read: (data: never) => readonly string[]) => {
      const asked = performance.now();
      const answer = await query(text);
      expect(answer.errors).toBeUndefined();
      const shown = read(answer.data as never).map(Number);
      expect(Math.min(...shown)).toBeGreaterThanOrEqual(oldest(asked, age));
      expect(Math.max(...shown)).toBeLessThan(began.length);
    };

    type One = { unit: { number: string } };
    type Many = { units: { nodes: { name: string; number: string }[] } };
    const numbers = ({ units }: Many) => units.nodes.map(({ number }) => number);
    const names = ({ units }: Many) => units.nodes.map(({ name }) => name);
    const [unit] = units;
    for (let round = 0; round < 15; round++) {
      await Promise.all([
        ask(`{ unit(ref: { almaId: ${unit?.id} }) { number } }`, 200, ({ unit }: One) => [unit.number]),
        ask(`{ unit(ref: { externalId: "${unit?.external_id}" }) { number } }`, 200, ({ unit }: One) => [
          unit.number,
        ]),
        ask(`query A @freshness(maxAge: 0) { units { nodes { number } } }`, 0, numbers),
        ask(`query A @freshness(maxAge: 0) { units { nodes { name } } }`, 0, names),
        ask(
          `query A @freshness(maxAge: 0) { units(orderBy: [{ field: NUMBER }]) { nodes { number } } }`,
          0,
          numbers,
        ),
        ask(`{ units { nodes { number } } }`, 1_000, numbers),
        ask(`{ units { nodes { name } } }`, 1_000, names),
        ask(
          `query A @freshness(maxAge: 1) { units(filter: { status: { ne: "x" } }) { nodes { number } } }`,
          1_000,
          numbers,
        ),
      ]);
    }
  },
);
