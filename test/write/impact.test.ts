import { describe, expect, onTestFinished, test } from "vitest";
import { createAlma, monotonicClock } from "../../src/alma/index.ts";
import { Catalog, type Entry } from "../../src/catalog/index.ts";
import { contractsInTheWay, nameContracts } from "../../src/graph/contract-search.ts";
import type { Handle } from "../../src/graph/handle.ts";
import { impactOf, type StateVerb } from "../../src/graph/impact.ts";
import { createGraph } from "../../src/graph/index.ts";
import { createLog } from "../../src/server/index.ts";
import { createSimulator, type SimulatorOptions } from "../../src/simulator/index.ts";
import { household } from "../simulator/alma.ts";

const today = "2025-06-15";
const span = (start_date: string | null, end_date: string | null) => ({ start_date, end_date });
const past = "2025-01-01";

/** Contracts on unit 1 and its rooms: over, in force and planned; client 252 has one elsewhere too. */
const leases = {
  ...household,
  clients: [...household.clients, { id: 253, first_name: "Lea" }, { id: 254, first_name: "Ali" }],
  ownerContracts: [
    { id: 501, unit_id: 1, client_id: 251, ...span(past, null) },
    { id: 502, unit_id: 2, client_id: 254, ...span(null, "2025-06-14") },
  ],
  tenantContracts: [
    { id: 901, unit_id: 11, client_id: 252, ...span(past, "2025-06-14") },
    { id: 902, unit_id: 11, client_id: 252, ...span(today, today) },
    { id: 903, unit_id: 12, client_id: 253, ...span("2025-08-01", "2025-12-31") },
    { id: 904, unit_id: 2, client_id: 252, ...span(past, null) },
  ],
};

/** The catalog over a stand-in, and the impact of a write by the names of the records in it. */
async function start(options: SimulatorOptions = {}) {
  const simulator = await createSimulator({ today, data: leases, ...options });
  const clock = monotonicClock();
  const { url, apiKey } = simulator;
  const log = createLog("silent");
  const alma = createAlma({ url, apiKey, clock, log, concurrency: 8, timeout: 2_000, retries: 0 });
  const ages = { maxAge: 30_000, catalogMaxAge: 900_000, refreshRate: 1, warmUpConcurrency: 4 };
  const catalog = new Catalog({
    alma,
    clock,
    today: () => today,
    background: false,
    maxCalls: 1000,
    ...ages,
  });
  const graph = createGraph({
    alma,
    catalog,
    maxPage: 100,
    projectId: 207,
    almaTimeout: 2_000,
    today: () => today,
    report: () => {},
  });
  onTestFinished(async () => {
    await alma.close();
    await simulator.close();
  });
  const begin = () => graph.context({ requestId: "test", signal: new AbortController().signal });
  const entry = (kind: "unit" | "room", id: number): Entry => catalog.store.entry(kind, id);
  const keys = (handles: readonly Handle[] | null) => handles?.map((handle) => handle.entry.key) ?? null;
  return {
    simulator,
    begin,
    entry,
    async impact(kind: "unit" | "room", id: number, verb: StateVerb) {
      const context = begin();
      const found = await impactOf(context, entry(kind, id), verb, ["impact"]);
      const { asOf, unit, building, rooms, contracts, obstacles, clientsLosingAccess, ...rest } = found;
      expect(asOf === null || asOf.getTime() <= Date.now()).toBe(true);
      return {
        ...rest,
        above: keys([unit, building].filter((one) => one !== null)),
        rooms: keys(rooms),
        contracts: keys(contracts),
        obstacles: keys(obstacles),
        clients: keys(clientsLosingAccess),
        notes: context.work.notes.map(({ error }) => error.message),
      };
    },
    asked() {
      const asked = simulator.log.entries.map(({ method, path }) => `${method} ${path}`);
      simulator.log.clear();
      return asked;
    },
  };
}

const nothing = {
  above: [],
  rooms: [],
  contracts: [],
  obstacles: [],
  clients: [],
  notes: [],
  isReversible: true,
  irreversible: [],
};

describe("archiving", () => {
  test("a unit takes its rooms and their contracts; clients without another active contract lose the app", async () => {
    const { impact } = await start();
    expect(await impact("unit", 1, "archive")).toEqual({
      ...nothing,
      rooms: ["Room:12", "Room:11"],
      contracts: ["TenantContract:903", "TenantContract:902", "OwnerContract:501"],
      clients: ["Client:253", "Client:251"],
      isReversible: false,
      irreversible: [
        "3 contracts are archived for good: unarchiving the unit does not bring contracts back.",
        "2 clients lose access to Alma's app, until a new contract is made and has begun.",
      ],
    });
  });

  test("does to the stand-in what was foretold", async () => {
    const { impact, simulator } = await start();
    const { contracts, clients, rooms } = await impact("unit", 1, "archive");
    const headers = { "Api-Key": simulator.apiKey, "content-type": "application/json" };
    const body = JSON.stringify({ is_archived: true });
    await fetch(`${simulator.url}realty/units/1/archive/`, { method: "PATCH", headers, body });
    const { data } = simulator;
    const archived = (name: string, rows: readonly { id: number; is_archived: boolean }[]) =>
      rows.filter((row) => row.is_archived).map(({ id }) => `${name}:${id}`);
    expect(rooms).toEqual(archived("Room", data.rooms.all()));
    expect(contracts).toEqual([
      ...archived("TenantContract", data.tenantContracts.all()),
      ...archived("OwnerContract", data.ownerContracts.all()),
    ]);
    const shut = data.clients.all().filter(({ status }) => status === "inactive");
    expect(clients).toEqual(shut.map(({ id }) => `Client:${id}`));
  });

  test("a room takes its own contracts only, and its client keeps the app by another contract", async () => {
    const { impact } = await start();
    expect(await impact("room", 11, "archive")).toEqual({
      ...nothing,
      contracts: ["TenantContract:902"],
      isReversible: false,
      irreversible: [
        "One contract is archived for good: unarchiving the room does not bring contracts back.",
      ],
    });
  });

  test("a unit let whole has no rooms; the contract that was over stays", async () => {
    const { impact, simulator } = await start();
    simulator.data.tenantContracts.change(902, { is_archived: true });
    expect(await impact("unit", 2, "archive")).toMatchObject({
      rooms: [],
      contracts: ["TenantContract:904"],
      clients: ["Client:252"],
    });
  });

  test("what has no contracts can be brought back", async () => {
    const { impact } = await start({ data: household });
    expect(await impact("unit", 1, "archive")).toEqual({ ...nothing, rooms: ["Room:12", "Room:11"] });
  });

  test("a client's active owner contract elsewhere keeps the app, a planned one does not", async () => {
    const { impact, simulator } = await start();
    simulator.data.ownerContracts.insert({ unit_id: 2, client_id: 253, ...span(today, null) });
    simulator.data.ownerContracts.insert({ unit_id: 2, client_id: 251, ...span("2025-06-16", null) });
    expect((await impact("unit", 1, "archive")).clients).toEqual(["Client:251"]);
  });

  test("a contract that cannot be read is told beside what is known", async () => {
    const { impact, simulator } = await start();
    simulator.faults.add({ kind: "status", status: 500, when: ({ path }) => path.endsWith("/903/") });
    const { contracts, notes } = await impact("unit", 1, "archive");
    expect(contracts).toEqual(["TenantContract:902", "OwnerContract:501"]);
    expect(notes).toEqual([expect.stringContaining("the first is TenantContract:903")]);
  });
});

describe("unarchiving", () => {
  test("a unit brings back its archived rooms and building, of which the building cannot be archived again", async () => {
    const { impact, simulator } = await start();
    simulator.data.units.change(1, { is_archived: true });
    simulator.data.rooms.change(12, { is_archived: true });
    simulator.data.buildings.change(1001, { is_archived: true });
    expect(await impact("unit", 1, "unarchive")).toEqual({
      ...nothing,
      above: ["Building:1001"],
      rooms: ["Room:12"],
      isReversible: false,
      irreversible: ["The building comes back too, and Alma's API has no call to archive a building again."],
    });
  });

  test("a room brings back its unit, not the unit's other rooms", async () => {
    const { impact, simulator } = await start();
    simulator.data.units.change(1, { is_archived: true });
    simulator.data.rooms.change(11, { is_archived: true });
    simulator.data.rooms.change(12, { is_archived: true });
    expect(await impact("room", 11, "unarchive")).toEqual({
      ...nothing,
      above: ["Unit:1"],
      isReversible: false,
      irreversible: [
        "The room's unit comes back with it, and archiving the room again does not archive the unit.",
      ],
    });
  });

  test("a unit whose rooms no list names says that nobody knows which of them come back", async () => {
    const { impact, simulator } = await start({ switches: { archivedInLists: false } });
    simulator.data.units.change(1, { is_archived: true });
    simulator.data.rooms.change(11, { is_archived: true });
    expect((await impact("unit", 1, "unarchive")).rooms).toBeNull();
  });
});

describe("blocking", () => {
  test("a unit blocks its rooms, and their active and planned tenant contracts are in the way", async () => {
    const { impact } = await start();
    expect(await impact("unit", 1, "block")).toEqual({
      ...nothing,
      rooms: ["Room:12", "Room:11"],
      obstacles: ["TenantContract:903", "TenantContract:902"],
    });
  });

  test("an owner contract is not in the way, nor is a contract on the unit in the way of its room", async () => {
    const { impact, simulator } = await start();
    simulator.data.tenantContracts.change(902, { unit_id: 1 });
    expect((await impact("room", 11, "block")).obstacles).toEqual([]);
  });

  test("unblocking loses what the blocks were", async () => {
    const { impact } = await start();
    const found = await impact("room", 11, "unblock");
    expect(found).toMatchObject({ isReversible: false, contracts: [], obstacles: [] });
    expect(found.irreversible).toHaveLength(1);
  });
});

describe("calls", () => {
  test("once everything is known, an impact costs none", async () => {
    const { impact, asked } = await start();
    await impact("unit", 1, "archive");
    expect(asked().length).toBeGreaterThan(0);
    await impact("unit", 1, "archive");
    await impact("room", 12, "archive");
    await impact("unit", 1, "block");
    expect(asked()).toEqual([]);
  });

  test("a room's block reads nothing but the room and the tenant contracts", async () => {
    const { impact, asked } = await start();
    await impact("room", 11, "block");
    expect(asked().sort()).toEqual([
      "GET realty/contracts/tenant_contracts/",
      ...[901, 902, 903, 904].map((id) => `GET realty/contracts/tenant_contracts/${id}/`),
      "GET realty/rooms/11/",
    ]);
  });
});

describe("contracts in the way", () => {
  test("of a contract are those on the same object with a day in common, the last included", async () => {
    const { begin, entry } = await start();
    const inTheWay = async (start: string | null, end: string | null, except?: number) => {
      const found = await contractsInTheWay(begin(), entry("room", 11), { start, end }, except);
      return nameContracts(found);
    };
    expect(await inTheWay("2025-06-14", today)).toBe(
      `TenantContract:902 (${today} to ${today}), TenantContract:901 (2025-01-01 to 2025-06-14)`,
    );
    expect(await inTheWay("2025-06-16", null)).toBe("");
    expect(await inTheWay(null, "2025-01-01")).toBe("TenantContract:901 (2025-01-01 to 2025-06-14)");
    expect(await inTheWay("2025-06-14", today, 902)).toBe("TenantContract:901 (2025-01-01 to 2025-06-14)");
  });

  test("one that somebody has just made behind our back is found", async () => {
    const { begin, entry, simulator } = await start({ data: household });
    const look = async () => nameContracts(await contractsInTheWay(begin(), entry("unit", 1)));
    expect(await look()).toBe("");
    const { id } = simulator.data.tenantContracts.insert({
      unit_id: 12,
      client_id: 252,
      ...span(null, null),
    });
    expect(await look()).toBe(`TenantContract:${id} (always to no end)`);
  });

  test("many are counted, five are named", async () => {
    const { begin, entry, simulator } = await start();
    for (let n = 0; n < 7; n++)
      simulator.data.tenantContracts.insert({ unit_id: 2, client_id: 252, ...span(today, null) });
    const named = nameContracts(await contractsInTheWay(begin(), entry("unit", 2)));
    expect(named).toMatch(/^(TenantContract:\d+ \([^)]*\), ){4}TenantContract:\d+ \([^)]*\) and 3 more$/);
  });
});
