import { expect, test } from "vitest";
import { apartment, unit } from "../item/items.ts";
import { actions, start } from "./syncing.ts";

type Answer = Readonly<Record<string, unknown>>;

/** An Alma whose answers are changed; `matches` chooses by the path. */
async function changing(matches: (path: string) => boolean, change: (row: Answer) => Answer) {
  const gateway = await start({}, { MAX_AGE: "0" });
  gateway.simulator.faults.add({
    kind: "transform",
    when: ({ method, path }) => method === "GET" && matches(path),
    change: (body) => (Array.isArray(body) ? body.map(change) : change(body as Answer)),
  });
  return gateway;
}

const items = [apartment(12), unit(71, 12)];
const isUnit = (path: string) => /realty\/units\/(\d+|external_id\/\w+)\/$/.test(path);

test("a field that a list leaves empty, and the record itself does not, is not written again", async () => {
  const { sync, sent, query } = await changing(
    (path) => path.endsWith("/units/") || path.endsWith("/rooms/"),
    (row) => ({ ...row, header: "" }),
  );
  await sync(items);
  sent();
  for (const _ of [1, 2]) {
    await query("query @freshness(maxAge: 0) { units { nodes { header } } rooms { nodes { header } } }");
    expect(actions(await sync(items))).toEqual(["UNCHANGED", "UNCHANGED"]);
  }
  expect(sent()).toEqual([]);
});

test("what Alma does not show is not written again as long as it stays so", async () => {
  const { sync, sent } = await changing(isUnit, (row) => ({
    ...row,
    header: "",
    parking: { name: "parking_type.uncovered", value: "uncovered" },
  }));
  await sync(items);
  sent();
  for (const _ of [1, 2]) expect(actions(await sync(items))).toEqual(["UNCHANGED", "UNCHANGED"]);
  const renamed = [apartment(12, { title: "Another name" }), unit(71, 12)];
  expect(actions(await sync(renamed))).toEqual(["UPDATED", "UNCHANGED"]);
  expect(sent()).toMatchObject([
    [expect.stringMatching(/^PATCH/), { name: "Another name", header: "Another name" }],
  ]);
  expect(actions(await sync(renamed))).toEqual(["UNCHANGED", "UNCHANGED"]);
  expect(sent()).toEqual([]);
});

test("what somebody sets back in Alma is written again", async () => {
  const { sync, data } = await start({}, { MAX_AGE: "0" });
  await sync([apartment(12)]);
  const dearer = apartment(12, { ufCrm6_1682232447205: "150000" });
  await sync([dearer]);
  const [home] = data.units.all();
  if (home) data.units.change(home.id, { goal_rent_cost: 120_000 });
  expect((await sync([dearer])).items[0]?.changes).toMatchObject([
    { field: "goalRentCost", after: "150000" },
  ]);
});
