import { beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../alma/fault.ts";
import { portfolio } from "../alma/portfolio.ts";
import type { World } from "../alma/world.ts";
import { codes, faultsOf, paths, type Stage, stages } from "../gateway.ts";

const size = { buildings: 5, units: 40, rooms: 60, clients: 30, tenantContracts: 80, ownerContracts: 20 };
const patient = { ALMA_TIMEOUT: "15" };
const impatient = { ALMA_TIMEOUT: "4" };

const start = stages(patient, () => portfolio(size));

const firstUnit = (world: World) => [...world.units.values()][0] as { id: number; building: number };

/** The permanent failures of one record's detail, and the code of the error. */
const lasting: [string, Fault["as"], string][] = [
  ["503", { status: 503 }, "ALMA_UNAVAILABLE"],
  ["503 with Retry-After", { status: 503, retryAfter: 0 }, "ALMA_THROTTLED"],
  ["500", { status: 500 }, "ALMA_UNAVAILABLE"],
  ["429", { status: 429, retryAfter: 0 }, "ALMA_THROTTLED"],
  ["a reset", "reset", "ALMA_UNAVAILABLE"],
  ["a stall", "stall", "ALMA_UNAVAILABLE"],
  ["a body cut short", "cut", "ALMA_BAD_ANSWER"],
  ["a page instead of JSON", { html: "<h1>Привет</h1>" }, "ALMA_BAD_ANSWER"],
  ["a page with 502", { html: "<h1>Bad Gateway</h1>", status: 502 }, "ALMA_UNAVAILABLE"],
  ["a page with 404", { html: "<h1>Нет</h1>", status: 404 }, "ALMA_BAD_ANSWER"],
  ["a list instead of a record", { change: (json) => [json] }, "ALMA_BAD_ANSWER"],
  ["another record", { change: (json) => ({ ...(json as object), id: 77 }) }, "ALMA_BAD_ANSWER"],
  ["no id", { change: (json) => ({ ...(json as object), id: "x" }) }, "ALMA_BAD_ANSWER"],
  ["null", { change: () => null }, "ALMA_BAD_ANSWER"],
  ["a record refused", { status: 403, json: { detail: "Нет." } }, "ALMA_REFUSED_RECORD"],
  ["the key refused", { status: 401, json: { detail: "Нет." } }, "ALMA_REFUSED_KEY"],
  ["400", { status: 400 }, "ALMA_BAD_ANSWER"],
  ["gone between list and detail", "vanish", "ALMA_BAD_ANSWER"],
];

describe("a detail that fails costs the fields of its record only", () => {
  const broken = async () => {
    const { alma, query } = await start(impatient);
    const units = [...alma.world.units.values()].slice(0, lasting.length);
    for (const [index, [, as]] of lasting.entries())
      alma.faults.add({ path: new RegExp(`^realty/units/${units[index]?.id}/$`), as });
    return { units, query };
  };

  test("in a list: the fields that the list shows are kept", async () => {
    const { units, query } = await broken();
    const answer = await query(`{ units(first: 100) { totalCount nodes { almaId name number } } }`);
    const { nodes, totalCount } = answer.data.units;
    expect(totalCount).toBe(size.units);
    for (const { almaId, name, number } of nodes) {
      const index = units.findIndex(({ id }) => id === almaId);
      expect({ name, number }).toEqual({ name: `N${almaId}`, number: index < 0 ? String(almaId) : null });
    }
    const told = units.map(({ id }, index) => {
      const place = nodes.findIndex(({ almaId }: { almaId: number }) => almaId === id);
      return [`units.nodes.${place}.number`, lasting[index]?.[2]];
    });
    expect(Object.fromEntries(faultsOf(answer))).toEqual(Object.fromEntries(told));
    expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|stand-in-key|Привет|Нет/);
  });

  test("by ref: the record is null, without an error if it does not exist", async () => {
    const { units, query } = await broken();
    const fields = units.map(({ id }, index) => `f${index}: unit(ref: { almaId: ${id} }) { number }`);
    const answer = await query(`{ good: unit(ref: { almaId: 1040 }) { number } ${fields.join(" ")} }`);
    const nulls = Object.fromEntries(lasting.map((_, index) => [`f${index}`, null]));
    expect(answer.data).toEqual({ good: { number: "1040" }, ...nulls });
    const told = lasting
      .map(([, , code], index) => [`f${index}`, code])
      .filter((_, index) => lasting[index]?.[1] !== "vanish");
    expect(Object.fromEntries(faultsOf(answer))).toEqual(Object.fromEntries(told));
  });
});

describe("a list that fails", () => {
  const lists = lasting.filter(([name]) => !/record|id$|gone/.test(name));
  test.concurrent.each(lists)("%s", async (_, as, code) => {
    const { alma, query } = await start(as === "stall" ? impatient : patient);
    alma.faults.add({ path: /^realty\/units\/$/, as });
    const answer = await query(`{ units { totalCount } rooms(first: 1) { nodes { name } } }`);
    expect(answer.data.units).toBeNull();
    expect(answer.data.rooms.nodes).toHaveLength(1);
    expect(faultsOf(answer)).toEqual([["units", code]]);
  });

  test("while the list of units fails, the rental object of a contract is null with an error", async () => {
    const { alma, query } = await start();
    alma.faults.add({ path: /^realty\/units\/$/, as: { status: 503 } });
    const [contract] = alma.world.tenant_contracts.values();
    for (const fields of ["name", "number", "__typename"]) {
      const answer = await query(
        `{ tenantContract(ref: { almaId: ${contract?.id} }) { price rentalObject { ${fields} } } }`,
      );
      expect(answer.data.tenantContract).toEqual({ price: contract?.price, rentalObject: null });
      expect(codes(answer)).toEqual(["ALMA_UNAVAILABLE"]);
      expect(paths(answer)).toEqual(["tenantContract.rentalObject"]);
    }
  });

  test("entries without a usable id are left out, and reported", async () => {
    const { alma, query } = await start();
    alma.faults.add({
      path: /^realty\/rooms\/$/,
      as: { change: (json) => [null, { name: "?" }, 7, ...(json as object[])] },
    });
    const answer = await query(`{ rooms { totalCount } }`);
    expect(answer.data.rooms.totalCount).toBe(size.rooms);
    expect(codes(answer)).toEqual(["ALMA_BAD_ANSWER"]);
    expect(answer.errors?.[0]?.message).toMatch(/^3 entries/);
  });
});

describe("an answer with more than 1,000 errors fails as a whole, whatever fails", () => {
  const many = { buildings: 1, units: 1_001, rooms: 0, clients: 0, tenantContracts: 0, ownerContracts: 0 };
  const startMany = stages(impatient, () => portfolio(many));
  let one: Stage;
  beforeAll(async () => {
    one = await startMany({}, {}, [
      { path: /^realty\/units\/\d+\/$/, as: { status: 400 } },
      { path: /^realty\/rooms\/$/, as: { status: 400 } },
    ]);
  });
  const units = (fields: string) => () => `{ units(first: 10000) { nodes { ${fields} } } }`;
  const ids = () => [...one.alma.world.units.keys()].map((id) => `"Unit:${id}"`);
  const shapes: [string, () => string][] = [
    ["values", units("number")],
    ["edges", units("building { name }")],
    ["connections", units("rooms { totalCount }")],
    ["items of a list", () => `{ nodes(ids: [${ids()}]) { ... on Unit { number } } }`],
  ];
  test.each(shapes)("%s", async (_, query) => {
    const { data, errors = [] } = await one.query(query());
    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(/^More than 1000 fields .* 1001 of them with ALMA_BAD_ANSWER/);
  });
});

describe("wrong types in fields", () => {
  const spoiled = {
    internal_area: "большая",
    number_of_bedrooms: 1.5,
    is_archived: "нет",
    photos: "none",
    goal_rent_cost: [],
    building: "центр",
    property_type: 7,
    floor: {},
  };

  test("cost these fields, and no others", async () => {
    const { alma, query } = await start();
    const { id } = firstUnit(alma.world);
    alma.faults.add({
      path: new RegExp(`^realty/units/${id}/$`),
      as: { change: (json) => ({ ...(json as object), ...spoiled }) },
    });
    const answer =
      await query(`{ unit(ref: { almaId: ${id} }) { number internalArea numberOfBedrooms isArchived
      photos { url } goalRentCost building { name } propertyType { value } floor status } }`);
    expect(answer.data.unit).toEqual({
      number: String(id),
      internalArea: null,
      numberOfBedrooms: null,
      isArchived: null,
      photos: null,
      goalRentCost: null,
      building: null,
      propertyType: { value: "7" },
      floor: null,
      status: "available",
    });
    expect(codes(answer)).toEqual(["ALMA_BAD_ANSWER"]);
    const fields = "internalArea numberOfBedrooms isArchived photos goalRentCost building floor".split(" ");
    expect(paths(answer).sort()).toEqual(fields.map((field) => `unit.${field}`).sort());
  });
});

describe("one in twenty calls fails once", () => {
  const passing: [string, Fault["as"]][] = [
    ["503", { status: 503 }],
    ["a reset", "reset"],
    ["a stall", "stall"],
    ["a body cut short", "cut"],
  ];
  test.concurrent.each(passing)("%s", async (_, as) => {
    const { alma, query } = await start(as === "stall" ? impatient : patient);
    alma.faults.add({ rate: 0.05, as });
    const answer = await query(`{ tenantContracts(first: 100) { nodes { almaId price client { phone }
      rentalObject { number building { address } } } } }`);
    const { world } = alma;
    const failed = faultsOf(answer).map(([path]) => path);
    // Two consecutive stalls use up a call's timeout; a retry recovers from every other failure.
    if (as !== "stall") expect(failed).toEqual([]);
    const right = [...world.tenant_contracts.values()].reverse().map(({ id, price, usage }) => {
      const object = world.units.get(usage?.unit ?? 0) ?? world.rooms.get(usage?.unit ?? 0);
      const address = world.buildings.get(object?.building ?? 0)?.address;
      const client = { phone: world.clients.get(usage?.client ?? 0)?.phone };
      return { almaId: id, price, client, rentalObject: { number: object?.number, building: { address } } };
    });
    expect(answer.data.tenantContracts.nodes).toEqual(
      right.map((node, index) => without(node, failed, index)),
    );
  });

  /** The expected node when some of its fields failed. */
  function without<T extends object>(node: T, failed: readonly (string | undefined)[], index: number): T {
    const copy = structuredClone(node) as Record<string, never>;
    for (const path of failed) {
      const [, , place, ...fields] = path?.split(".") ?? [];
      if (Number(place) !== index) continue;
      const last = fields.pop() ?? "";
      const holder = fields.reduce<Record<string, unknown>>(
        (at, field) => at[field] as Record<string, never>,
        copy,
      );
      holder[last] = null;
    }
    return copy as T;
  }
});

describe("a record that keeps failing", () => {
  test("does not keep other records from being read", async () => {
    const { alma, query } = await start();
    const { id } = firstUnit(alma.world);
    alma.faults.add({ path: new RegExp(`^realty/units/${id}/$`), as: { status: 503 } });
    // Seven attempts each: more consecutive failures than pause calls to Alma.
    for (let time = 0; time < 2; time++) {
      const bad = await query(`{ unit(ref: { almaId: ${id} }) { number } }`);
      expect(codes(bad)).toEqual(["ALMA_UNAVAILABLE"]);
    }
    const good = await query(`{ unit(ref: { almaId: ${id + 1} }) { number } }`);
    expect(good).toMatchObject({ data: { unit: { number: String(id + 1) } } });
    expect(good.errors).toBeUndefined();
  });

  test("is left out of a connection that depends on it, and reported", async () => {
    const { alma, query } = await start();
    const { id, building } = firstUnit(alma.world);
    alma.faults.add({ path: new RegExp(`^realty/units/${id}/$`), as: { status: 503 } });
    const answer = await query(`{ building(ref: { almaId: ${building} }) { units { nodes { almaId } } } }`);
    const others = [...alma.world.units.values()].filter(
      (unit) => unit.building === building && unit.id !== id,
    );
    expect(answer.data.building.units.nodes).toEqual(others.reverse().map((unit) => ({ almaId: unit.id })));
    expect(codes(answer)).toEqual(["ALMA_UNAVAILABLE"]);
    expect(paths(answer)).toEqual(["building.units"]);
    expect(answer.errors?.[0]?.message).toMatch(/^1 of the records/);
  });
});
