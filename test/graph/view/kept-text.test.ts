import { expect, onTestFinished, test } from "vitest";
import { smallWorld } from "../../model/world.ts";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { startGateway } from "../../support/gateway.ts";

/** Asks a gateway that keeps texts, and one that keeps none, and has the same happen to both. */
async function startBoth() {
  const start = async (env: Record<string, string>) => {
    const ages = { KEPT_ANSWERS: "0", MAX_AGE: "100", CATALOG_MAX_AGE: "1000" };
    const gateway = await startGateway({ size: 0, data: smallWorld(day) }, { ...ages, ...env });
    onTestFinished(() => gateway.close());
    return gateway;
  };
  const both = [await start({}), await start({ KEPT_TEXTS: "0" })] as const;
  return {
    simulators: both.map(({ simulator }) => simulator),
    async ask(text: string) {
      const [withTexts, without] = await Promise.all(
        both.map(async ({ query, asked }) => {
          const { data, errors, extensions } = await query(text);
          return { data, errors, calls: extensions.alma.calls, asked: asked().sort() };
        }),
      );
      expect(withTexts).toEqual(without);
      return withTexts;
    },
  };
}

const unit = "unit(ref: { almaId: 1 }) { number }";

test.each([
  ["the object of a row", unit, "units { nodes { name building { name address } } }"],
  [
    "an object that a row leads to",
    unit,
    "rooms { nodes { name parentUnit { name building { address } } } }",
  ],
  [
    "an object that a text shows where it is named",
    "room(ref: { almaId: 11 }) { name parentUnit { number } }",
    "units { nodes { rooms { totalCount } building { address } } }",
  ],
])("what %s leads to is as young as it is where the query names that object", async (_, named, list) => {
  const { ask, simulators } = await startBoth();
  const text = `{ ${named} ${list} }`;
  for (let count = 0; count < 3; count++) await ask(text);
  advance(150_000);
  await ask(`{ ${named} }`);
  for (const { data } of simulators) data.buildings.change(101, { address: "new" });
  const answer = await ask(text);
  expect(answer?.asked).toEqual(["GET realty/buildings/101/"]);
  expect(JSON.stringify(answer?.data)).toContain('"address":"new"');
});

test("a field of a list's row waits for the detail that the same list shows elsewhere", async () => {
  const { ask, simulators } = await startBoth();
  const text = "{ units { nodes { name } edges { node { name address } } } }";
  for (let count = 0; count < 3; count++) await ask(text);
  advance(600_000);
  await ask("query @freshness(maxAge: 0) { units { nodes { name } } }");
  advance(450_000);
  for (const { data } of simulators) data.units.change(1, { name: "new", address: "new" });
  const answer = await ask(text);
  const { nodes, edges } = answer?.data.units ?? {};
  expect(nodes).toContainEqual({ name: "new" });
  expect(edges).toContainEqual({ node: { name: "new", address: "new" } });
});
