import { describe, expect, test } from "vitest";
import { computeImpact } from "../../../src/graph/mutation/impact.ts";
import { GraphContext } from "../../../src/graph/resolver/context.ts";
import { household } from "../../simulator/alma.ts";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { start } from "../start.ts";
import { start as startCatalog } from "./computed-impact.ts";

const leases = {
  ...household,
  tenantContracts: [
    { id: 901, unit_id: 11, client_id: 251, external_id: "t-901", start_date: day(-10), end_date: day(40) },
    { id: 902, unit_id: 11, client_id: 252, external_id: "t-902", start_date: day(50), end_date: day(90) },
  ],
};
const archive = 'archiveRoom(ref: { almaId: 11 }, idempotencyKey: "k-1")';

test("a failed read of an impact is reported at the path of the impact field, alias included", async () => {
  const { query, simulator } = await start({ data: leases });
  simulator.faults.add({ kind: "status", status: 400, when: ({ path }) => path.endsWith("/902/") });
  const { data, errors } = await query(`mutation {
    x: archiveRoom(ref: { almaId: 11 }, dryRun: true) { one: impact { contracts { id } } two: impact { asOf } }
  }`);
  expect(data.x.one).toEqual({ contracts: [{ id: "TenantContract:901" }] });
  expect(errors?.map(({ path }) => path)).toEqual([
    ["x", "one"],
    ["x", "two"],
  ]);
});

describe("a repetition with the same idempotency key", () => {
  const impact = "impact { asOf contracts { id state client { firstName } } irreversible }";

  test("has the impact of the first request, with the records as they were before it", async () => {
    const { mutate, sent } = await start({ data: leases });
    const first = await mutate(archive, impact);
    expect(first.impact).toMatchObject({ contracts: [{ state: "PLANNED" }, { state: "ACTIVE" }] });
    expect(await mutate(archive, impact)).toEqual(first);
    expect(sent()).toHaveLength(1);
  });

  test("does not read again, even if the records are stale by then", async () => {
    const { mutate, sent } = await start({ data: leases }, { CATALOG_MAX_AGE: "1", MAX_AGE: "1" });
    const shown = "impact { asOf contracts { id state isArchived } clientsLosingAccess { id status } }";
    const first = await mutate(archive, shown);
    advance(1_100);
    expect(await mutate(archive, shown)).toEqual(first);
    expect(sent()).toHaveLength(1);
  });

  test("fails the impact field if the first request did not select it", async () => {
    const { mutate, query, sent } = await start({ data: leases });
    await mutate(archive, "room { id }");
    const { data, errors } = await query(
      `mutation { ${archive} { room { id } ${impact} userErrors { code } } }`,
    );
    expect(data.archiveRoom).toEqual({ room: { id: "Room:11" }, impact: null, userErrors: [] });
    expect(errors).toMatchObject([
      { path: ["archiveRoom", "impact"], extensions: { code: "BAD_USER_INPUT", argument: "idempotencyKey" } },
    ]);
    expect(sent()).toHaveLength(1);
  });
});

test("an impact stored with its idempotency key does not keep its operation in memory", async () => {
  const { begin, entry } = await startCatalog();
  const impact = await computeImpact(begin(), entry("unit", 1), "archive");
  expect(impact.contracts).toHaveLength(3);
  const seen = new Set<object>();
  const look = (value: unknown) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    for (const part of Object.values(value)) look(part);
  };
  look(impact);
  expect([...seen].filter((one) => one instanceof GraphContext)).toEqual([]);
});
