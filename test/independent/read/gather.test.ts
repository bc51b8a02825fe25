import { afterEach, describe, expect, test, vi } from "vitest";
import { now } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import { type Stage, stage } from "../gateway.ts";
import { rowsOf } from "./calls.ts";

const small = portfolio({
  buildings: 6,
  units: 110,
  rooms: 80,
  clients: 60,
  tenantContracts: 90,
  ownerContracts: 20,
});
const rows = rowsOf(small);
const names = `{ tenantContracts(first: 10000) { nodes { price client { lastName } } } }`;
const contracts = [...small.tenant_contracts.values()].reverse();
rows.push({
  name: "every tenant contract with its client's name",
  query: names,
  calls: 1 + contracts.length + 1,
  warm: 0,
  answer: {
    tenantContracts: {
      nodes: contracts.map(({ price, usage }) => ({
        price,
        client: { lastName: small.clients.get(usage?.client ?? 0)?.last_name },
      })),
    },
  },
});
/** Ages and times that a jumping clock does not reach. */
const env = { MAX_AGE: "86400", CATALOG_MAX_AGE: "86400", ALMA_TIMEOUT: "600", DEADLINE: "3600" };

afterEach(() => vi.restoreAllMocks());

/** Advances by `ms` milliseconds at each reading of the clock: a busy machine. */
function jump(ms: number): void {
  let ahead = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    ahead += ms;
    return now() + ahead;
  });
}

/** Each answer takes a different time, up to `longest` milliseconds; the order is the same in each run. */
function scatter({ alma }: Stage, longest: number): void {
  let seed = 7;
  alma.onRequest = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    alma.latency = 1 + (seed % longest);
  };
}

describe("a query makes the calls of the table", () => {
  test.each(rows)("with yields after every few fields: $name", async (row) => {
    const { counted, close } = await stage(small, { env });
    jump(40);
    const { data, calls } = await counted(row.query);
    await close();
    expect(data).toEqual(row.answer);
    expect(calls).toBe(row.calls);
  });

  test.each(rows)("when Alma's answers are slow and come in any order: $name", async (row) => {
    const one = await stage(small, { env });
    scatter(one, 400);
    const { data, calls } = await one.counted(row.query);
    await one.close();
    expect(data).toEqual(row.answer);
    expect(calls).toBe(row.calls);
  });
});
