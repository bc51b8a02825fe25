import { expect, test, vi } from "vitest";
import type { Data, InitialRecords } from "../../../simulator/index.ts";
import { type ItemResult, start } from "../sync/gateway.ts";
import { expectedOutcomes, expectRecords, keyOf, outcomesOf } from "./outcome.ts";
import { type Portfolio, portfolio } from "./portfolio.ts";
import { expectedRecordsOf, failuresOf, isWhole } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

vi.setConfig({ testTimeout: 60_000 });

test.each(["off", "on"])(
  "500 items in any order are synced, and a repeated sync writes nothing (catalog %s)",
  async (CATALOG) => {
    const all = portfolio(11, 515);
    const items = itemsOf(all, 1);
    expect(items.length).toBeGreaterThan(480);
    const { sync, data, asked } = await start({}, { CATALOG });
    const first = await sync(items);
    expect(outcomesOf(first)).toEqual(expectedOutcomes(all, "CREATED"));
    expect(new Set(first.buildings.map(({ action }) => action))).toEqual(new Set(["CREATED"]));
    expectRecords(data, expectedRecordsOf(all));
    asked();

    // In a different order and spelling.
    const again = await sync(itemsOf(all, 2));
    expect(outcomesOf(again)).toEqual(expectedOutcomes(all, "UNCHANGED"));
    expect(again.buildings).toEqual([]);
    expect(again.items.flatMap(({ changes }) => changes)).toEqual([]);
    const calls = asked();
    expect(calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
    expect(calls.length).toBeLessThanOrEqual(items.length);
  },
);

let records: InitialRecords | undefined;

/** A portfolio without faults, and an Alma that has all of it: created once, for the first test that needs it. */
async function synced(): Promise<{ all: Portfolio; data: InitialRecords }> {
  const all = portfolio(12, 515, { broken: 0 });
  if (!records) {
    const { sync, data } = await start();
    await sync(itemsOf(all, 1));
    records = recordsOf(data);
  }
  return { all, data: structuredClone(records) };
}

test("a restarted gateway without a catalog finds everything unchanged with at most one call per item", async () => {
  const { all, data } = await synced();
  const { sync, asked } = await start({ data });
  const items = itemsOf(all, 2);
  expect(outcomesOf(await sync(items))).toEqual(expectedOutcomes(all, "UNCHANGED"));
  const calls = asked();
  expect(calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
  expect(calls.length).toBeLessThanOrEqual(items.length);
});

test("with a fresh catalog 480 unchanged items cost no call, and differing records are read right before they are written", async () => {
  const { all, data: before } = await synced();
  const { sync, data, asked } = await start({ data: before }, { CATALOG: "on" });
  const items = itemsOf(all, 2);
  expect(items.length).toBeGreaterThan(480);
  expect(outcomesOf(await sync(items))).toEqual(expectedOutcomes(all, "UNCHANGED"));
  expect(asked()).toEqual([]);

  const [person] = all.people;
  const client = data.clients.by("external_id", `${person?.id}`)[0];
  Object.assign(person ?? {}, { first: "Noor" });
  Object.assign(client ?? {}, { first_name: "Elsewhere" });
  const done = await sync(itemsOf(all, 2));
  const changed = done.items.filter(({ action }) => action !== "UNCHANGED" && action !== "ATTACHED_TO_UNIT");
  expect(changed).toMatchObject([
    { itemId: `${person?.id}`, action: "UPDATED", changes: [{ field: "firstName", before: "Elsewhere" }] },
  ]);
  const path = `realty/clients/${client?.id}/`;
  expect(asked()).toEqual([`GET ${path}`, `PATCH ${path}`, `GET ${path}`]);
});

test("with a fresh catalog, an unchanged item still fails with the item that it depends on", async () => {
  const all = portfolio(12, 30, { broken: 0 });
  const before = await start();
  await before.sync(itemsOf(all, 1));
  const { sync, simulator } = await start({ data: recordsOf(before.data) }, { CATALOG: "on" });
  const [deal] = all.deals;
  Object.assign(all.people.find(({ id }) => id === deal?.person) ?? {}, { first: "Noor" });
  simulator.faults.add({ kind: "status", status: 400, when: ({ method }) => method === "PATCH" });
  const { items } = await sync(itemsOf(all, 2));
  const codeOf = (itemId: number | undefined, kind: string) =>
    items.find((item) => item.itemId === `${itemId}` && item.kind === kind)?.userErrors[0]?.code;
  expect(codeOf(deal?.person, "CONTACT")).toBe("REJECTED");
  expect(codeOf(deal?.id, deal?.kind === "owner" ? "OWNER_CONTRACT" : "TENANT_CONTRACT")).toBe(
    "PARENT_FAILED",
  );
});

test("only changed fields are written, and reported with the values before and after", async () => {
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
  const outcomes = { ...expectedOutcomes(all, "UNCHANGED") };
  for (const key of Object.keys(edits)) outcomes[key] = "UPDATED";
  expect(outcomesOf(done)).toEqual(outcomes);
  expectRecords(data, expectedRecordsOf(all));
});

/** Edits one item of each kind. Returns the changes that a sync must report. */
function edit(all: Portfolio, data: Data): Record<string, Record<string, unknown>> {
  const failures = failuresOf(all);
  const good = <T extends { readonly id: number }>(kind: string, among: readonly T[]): T =>
    among.find(({ id }) => !failures.has(`${kind} ${id}`)) as T;
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
    [`UNIT ${place.id}`]: { goalRentCost: [Number(place.rent).toFixed(2), "6100.00"] },
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

test("two simultaneous syncs of the same items create each record once", async () => {
  const all = portfolio(14, 80);
  const { sync, data } = await start();
  const both = await Promise.all([sync(itemsOf(all, 1)), sync(itemsOf(all, 2))]);
  const created = expectedOutcomes(all, "CREATED");
  const [one, other] = both.map(outcomesOf) as [Record<string, string>, Record<string, string>];
  for (const [key, outcome] of Object.entries(created)) {
    const outcomes = [one[key], other[key]].sort();
    expect([key, outcomes]).toEqual([
      key,
      outcome === "CREATED" ? ["CREATED", "UNCHANGED"] : [outcome, outcome],
    ]);
  }
  expectRecords(data, expectedRecordsOf(all));
});

test.each(["off", "on"])(
  "a dry run reports the result of the sync, and writes nothing (catalog %s)",
  async (CATALOG) => {
    const all = portfolio(15, 70);
    const { sync, data, sent } = await start({}, { CATALOG });
    const items = itemsOf(all, 1);
    const some = items.slice(0, 40);
    for (const batch of [some, items, itemsOf(all, 2)]) {
      const planned = await sync(batch, true);
      expect(sent().filter(([call]) => !call.startsWith("OPTIONS"))).toEqual([]);
      const done = await sync(batch);
      expect(outcomesOf(planned)).toEqual(outcomesOf(done));
      expect(planned.buildings.map(({ name, action }) => [name, action])).toEqual(
        done.buildings.map(({ name, action }) => [name, action]),
      );
      sent();
    }
    expectRecords(data, expectedRecordsOf(all));
  },
);

const byField = (changes: ItemResult["changes"]) =>
  Object.fromEntries(
    changes.map(({ field, before, after, hidden }) => [field, hidden ? "hidden" : [before, after]]),
  );

/** All records of an Alma, for starting another one. */
function recordsOf({ photoIds, ...tables }: Data): InitialRecords {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.all()]));
}
