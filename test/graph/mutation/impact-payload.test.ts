import { describe, expect, test } from "vitest";
import { computeImpact } from "../../../src/graph/mutation/impact.ts";
import { GraphContext } from "../../../src/graph/record/context.ts";
import { household } from "../../simulator/alma.ts";
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

test("what an impact could not see is told where it stands in the answer, by whatever name", async () => {
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

describe("a repetition under the same idempotency key", () => {
  const impact = "impact { asOf contracts { id state client { firstName } } irreversible }";

  test("has the impact of the first time, of the records as they were then", async () => {
    const { mutate, sent } = await start({ data: leases });
    const first = await mutate(archive, impact);
    expect(first.impact).toMatchObject({ contracts: [{ state: "PLANNED" }, { state: "ACTIVE" }] });
    expect(await mutate(archive, impact)).toEqual(first);
    expect(sent()).toHaveLength(1);
  });

  test("does not read again what is too old for a query by then", async () => {
    const { mutate, sent } = await start({ data: leases }, { CATALOG_MAX_AGE: "1", MAX_AGE: "1" });
    const shown = "impact { asOf contracts { id state isArchived } clientsLosingAccess { id status } }";
    const first = await mutate(archive, shown);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await mutate(archive, shown)).toEqual(first);
    expect(sent()).toHaveLength(1);
  });

  test("says so if it asks for an impact and the first had not: null would be that there is none", async () => {
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

test("an impact, which is kept under its key for a day, keeps nothing of the operation it came from", async () => {
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
