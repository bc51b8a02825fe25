import { expect, onTestFinished } from "vitest";
import { createSimulator, type SimulatorOptions } from "../../../simulator/index.ts";
import { createAlma, monotonicClock } from "../../../src/alma/index.ts";
import { type CachedRecord, createCatalog, type RecordVersion } from "../../../src/catalog/index.ts";
import { createCalendar } from "../../../src/config/calendar.ts";
import { createGraph } from "../../../src/graph/index.ts";
import { computeImpact } from "../../../src/graph/mutation/impact.ts";
import type { StateVerb } from "../../../src/graph/mutation/impact-wording.ts";
import { createLog } from "../../../src/server/index.ts";
import { unobserved } from "../../alma/fake.ts";
import { household } from "../../simulator/alma.ts";
import { executableSchema } from "../../support/schema.ts";

export const today = "2025-06-15";
export const span = (start_date: string | null, end_date: string | null) => ({ start_date, end_date });
const past = "2025-01-01";

/** Ended, active and planned contracts on unit 1 and its rooms; client 252 also has one on another unit. */
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

/** A catalog over a simulated Alma; `impact` computes an impact and returns the keys of its records. */
export async function start(options: SimulatorOptions = {}) {
  const simulator = await createSimulator({ today, data: leases, ...options });
  const clock = monotonicClock();
  const { url, apiKey } = simulator;
  const log = createLog("silent");
  const alma = createAlma({
    ...unobserved,
    url,
    apiKey: () => apiKey,
    clock,
    log,
    concurrency: 8,
    timeout: 2_000,
    retries: 0,
  });
  const ages = { maxAge: 30_000, catalogMaxAge: 900_000 };
  const catalog = createCatalog({
    alma,
    clock,
    today: () => today,
    maxCalls: 1000,
    ...ages,
  });
  const graph = createGraph({
    executable: executableSchema(),
    alma,
    catalog,
    maxResponse: 1e9,
    maxPage: 100,
    projectId: 207,
    timeZone: "UTC",
    almaTimeout: 2_000,
    writeSettlingTime: 8_000,
    calendar: { ...createCalendar("UTC"), today: () => today },
    rent: { pricePeriods: undefined, decimals: 2 },
    report: () => {},
    inject() {
      throw new Error("No capability provides anything.");
    },
  });
  onTestFinished(async () => {
    await alma.close();
    await simulator.close();
  });
  const begin = (caller = "test") =>
    graph.context({ requestId: "test", signal: new AbortController().signal, caller: { id: caller } });
  const entry = (kind: "unit" | "room", id: number): CachedRecord => catalog.store.getOrCreate(kind, id);
  const keys = (records: readonly RecordVersion[] | null) =>
    records?.map(({ record: { key } }) => key) ?? null;
  return {
    simulator,
    begin,
    entry,
    async impact(kind: "unit" | "room", id: number, verb: StateVerb) {
      const context = begin();
      const found = await computeImpact(context, entry(kind, id), verb);
      const {
        asOf,
        unit,
        building,
        rooms,
        contracts,
        obstacles,
        clientsLosingAccess,
        clientsPossiblyLosingAccess,
        failedReads: unread,
        ...rest
      } = found;
      expect(asOf === null || asOf.getTime() <= Date.now()).toBe(true);
      return {
        ...rest,
        above: keys([unit, building].filter((one) => one !== null)),
        rooms: keys(rooms),
        contracts: keys(contracts),
        obstacles: keys(obstacles),
        clients: keys(clientsLosingAccess),
        possibly: keys(clientsPossiblyLosingAccess),
        unread: unread.map(({ record: { key } }) => key),
      };
    },
    asked() {
      const asked = simulator.log.entries.map(({ method, path }) => `${method} ${path}`);
      simulator.log.clear();
      return asked;
    },
  };
}

export const nothing = {
  above: [],
  rooms: [],
  contracts: [],
  obstacles: [],
  clients: [],
  unread: [],
  isReversible: true,
  irreversible: [],
  possibly: [],
  uncertain: [],
};
