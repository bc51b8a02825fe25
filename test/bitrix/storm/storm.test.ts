import { expect, test, vi } from "vitest";
import type { Data, InitialRecords } from "../../../src/simulator/index.ts";
import { type ItemResult, start } from "../sync/gateway.ts";
import { endsOf, expectedEnds, expectHeld, keyOf } from "./outcome.ts";
import { type Portfolio, portfolio } from "./portfolio.ts";
import { failuresOf, holdingOf, isWhole } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

vi.setConfig({ testTimeout: 60_000 });

test.each(["off", "on"])("500 items in any order, and the same again (catalog %s)", async (CATALOG) => {
  const all = portfolio(11, 515);
  const items = itemsOf(all, 1);
  expect(items.length).toBeGreaterThan(480);
  const { sync, data, asked } = await start({}, { CATALOG });
  const first = await sync(items);
  expect(endsOf(first)).toEqual(expectedEnds(all, "CREATED"));
  expect(new Set(first.buildings.map(({ action }) => action))).toEqual(new Set(["CREATED"]));
  expectHeld(data, holdingOf(all));
  asked();

  // In another order, and in other forms.
  const again = await sync(itemsOf(all, 2));
  expect(endsOf(again)).toEqual(expectedEnds(all, "UNCHANGED"));
  expect(again.buildings).toEqual([]);
  expect(again.items.flatMap(({ changes }) => changes)).toEqual([]);
  const calls = asked();
  expect(calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
  expect(calls.length).toBeLessThanOrEqual(items.length);
});

test.each(["off", "on"])(
  "a gateway that was just started writes nothing, at one call for an item at most (catalog %s)",
  async (CATALOG) => {
    const all = portfolio(12, 110, { broken: 0 });
    const before = await start();
    await before.sync(itemsOf(all, 1));
    const { sync, asked } = await start({ data: recordsOf(before.data) }, { CATALOG });
    const items = itemsOf(all, 2);
    expect(endsOf(await sync(items))).toEqual(expectedEnds(all, "UNCHANGED"));
    const calls = asked();
    expect(calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
    expect(calls.length).toBeLessThanOrEqual(items.length);
  },
);

test("what changed in Bitrix is all that is written, with before and after", async () => {
  const all = portfolio(13, 90);
  const { sync, data, sent } = await start({}, { CATALOG: "on" });
  await sync(itemsOf(all, 1));
  sent();
  const edits = edit(all, data);
  const done = await sync(itemsOf(all, 2));
  const changed = done.items.filter(({ action }) => action === "UPDATED");
  expect(Object.fromEntries(changed.map((item) => [keyOf(item), byField(item.changes)]))).toEqual(edits);
  expect(done.buildings).toMatchObject([{ name: "New Tower", action: "CREATED" }]);
  const wrote = sent().map(([call]) => call);
  expect(wrote.filter((call) => call.startsWith("PATCH"))).toHaveLength(Object.keys(edits).length);
  expect(wrote.filter((call) => !call.startsWith("PATCH"))).toEqual(["POST realty/buildings/"]);
  const ends = { ...expectedEnds(all, "UNCHANGED") };
  for (const key of Object.keys(edits)) ends[key] = "UPDATED";
  expect(endsOf(done)).toEqual(ends);
  expectHeld(data, holdingOf(all));
});

/** Changes one item of each kind, and gives what a sync has to say about each. */
function edit(all: Portfolio, data: Data): Record<string, Record<string, unknown>> {
  const why = failuresOf(all);
  const good = <T extends { readonly id: number }>(kind: string, among: readonly T[]): T =>
    among.find(({ id }) => !why.has(`${kind} ${id}`)) as T;
  const home = good(
    "APARTMENT",
    all.homes.filter(({ login, station }) => login !== "" && station !== ""),
  );
  const place = good(
    "UNIT",
    all.places.filter((one) => !isWhole(all, one)),
  );
  const person = good(
    "CONTACT",
    all.people.filter(({ phone }) => phone !== ""),
  );
  const owner = good(
    "OWNER_CONTRACT",
    all.deals.filter(({ kind }) => kind === "owner"),
  );
  const lease = good(
    "TENANT_CONTRACT",
    all.deals.filter(({ kind }) => kind === "tenant"),
  );
  const before = data.buildings.by("name", home.building)[0];
  const edits = {
    [`APARTMENT ${home.id}`]: {
      name: [home.title, "Sea View"],
      header: [home.title, "Sea View"],
      building: [before?.id, 1 + Math.max(...data.buildings.all().map(({ id }) => id))],
      internetLogin: "hidden",
      subwayStation: [home.station, null],
      numberOfBaths: [home.baths, home.baths + 1],
      isSwimmingPool: [home.pool, !home.pool],
    },
    [`UNIT ${place.id}`]: { goalRentCost: [place.rent, "6100"] },
    [`CONTACT ${person.id}`]: { firstName: [person.first, "Noor"], phone: [person.phone, null] },
    [`OWNER_CONTRACT ${owner.id}`]: { workModel: [owner.model, "TM 20%"] },
    [`TENANT_CONTRACT ${lease.id}`]: { price: [Number(lease.price).toFixed(2), "100.10"] },
  };
  Object.assign(home, { title: "Sea View", building: "New Tower", login: "", station: "" });
  Object.assign(home, { baths: home.baths + 1, pool: !home.pool });
  place.rent = "6100";
  Object.assign(person, { first: "Noor", phone: "" });
  owner.model = "TM 20%";
  lease.price = "100.10";
  return edits;
}

test("two syncs of the same at once make everything once", async () => {
  const all = portfolio(14, 80);
  const { sync, data } = await start();
  const both = await Promise.all([sync(itemsOf(all, 1)), sync(itemsOf(all, 2))]);
  const created = expectedEnds(all, "CREATED");
  const [one, other] = both.map(endsOf) as [Record<string, string>, Record<string, string>];
  for (const [key, end] of Object.entries(created)) {
    const ends = [one[key], other[key]].sort();
    expect([key, ends]).toEqual([key, end === "CREATED" ? ["CREATED", "UNCHANGED"] : [end, end]]);
  }
  expectHeld(data, holdingOf(all));
});

test.each(["off", "on"])(
  "a dry run says what the real one then does, and writes nothing (catalog %s)",
  async (CATALOG) => {
    const all = portfolio(15, 70);
    const { sync, data, sent } = await start({}, { CATALOG });
    const items = itemsOf(all, 1);
    const some = items.slice(0, 40);
    for (const batch of [some, items, itemsOf(all, 2)]) {
      const planned = await sync(batch, true);
      expect(sent().filter(([call]) => !call.startsWith("OPTIONS"))).toEqual([]);
      const done = await sync(batch);
      expect(endsOf(planned)).toEqual(endsOf(done));
      expect(planned.buildings.map(({ name, action }) => [name, action])).toEqual(
        done.buildings.map(({ name, action }) => [name, action]),
      );
      sent();
    }
    expectHeld(data, holdingOf(all));
  },
);

const byField = (changes: ItemResult["changes"]) =>
  Object.fromEntries(
    changes.map(({ field, before, after, hidden }) => [field, hidden ? "hidden" : [before, after]]),
  );

/** Everything that an Alma has, to start another one from. */
function recordsOf({ photoIds, ...tables }: Data): InitialRecords {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.all()]));
}
