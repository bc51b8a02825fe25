import { describe, expect, test } from "vitest";
import { describeConflictingContracts } from "../../../src/graph/input/conflicting-contracts.ts";
import { tenantContract } from "../../../src/graph/tenant-contract.ts";
import { createWrite } from "../../../src/graph/write/write.ts";
import type { WriteContext } from "../../../src/graph/write/write-context.ts";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { leaseInput, start as startGateway } from "../start.ts";
import { span, start, today } from "./computed-impact.ts";

const writeFor = (context: WriteContext, dryRun = false) => ({
  ...createWrite(context, "tenantContract", tenantContract.write, dryRun),
  mayRead: true,
});

describe("conflicting contracts", () => {
  test("of a contract are those on the same object that share a day, the last day included", async () => {
    const { begin, entry } = await start();
    const describeConflicts = (startDate: string | null, endDate: string | null, exceptId?: number) =>
      describeConflictingContracts(writeFor(begin()), entry("room", 11), { startDate, endDate }, exceptId);
    expect(await describeConflicts("2025-06-14", today)).toBe(
      `TenantContract:902 (${today} to ${today}), TenantContract:901 (2025-01-01 to 2025-06-14)`,
    );
    expect(await describeConflicts("2025-06-16", null)).toBe("");
    expect(await describeConflicts(null, "2025-01-01")).toBe("TenantContract:901 (2025-01-01 to 2025-06-14)");
    expect(await describeConflicts("2025-06-14", today, 902)).toBe(
      "TenantContract:901 (2025-01-01 to 2025-06-14)",
    );
  });

  test("a contract that another system has just made is found, but not in a dry run", async () => {
    const { begin, entry, simulator } = await start({ data: household });
    const findConflicts = (dryRun = false) =>
      describeConflictingContracts(writeFor(begin(), dryRun), entry("unit", 1));
    expect(await findConflicts()).toBe("");
    const { id } = simulator.data.tenantContracts.insert({
      unit_id: 12,
      client_id: 252,
      ...span(null, null),
    });
    expect(await findConflicts(true)).toBe("");
    expect(await findConflicts()).toBe(`TenantContract:${id} (always to no end)`);
  });

  test("five are named, and the rest are counted", async () => {
    const { begin, entry, simulator } = await start();
    for (let n = 0; n < 7; n++)
      simulator.data.tenantContracts.insert({ unit_id: 2, client_id: 252, ...span(today, null) });
    const named = await describeConflictingContracts(writeFor(begin()), entry("unit", 2));
    expect(named).toMatch(/^(TenantContract:\d+ \([^)]*\), ){4}TenantContract:\d+ \([^)]*\) and 3 more$/);
  });
});

describe("an error about conflicting contracts", () => {
  const LIST = "GET realty/contracts/tenant_contracts/";
  const lease = (more = "") => `createTenantContract(input: ${leaseInput("t-9")}${more})`;
  const leased = {
    ...household,
    tenantContracts: [
      { id: 901, external_id: "t-901", unit_id: 12, client_id: 252, start_date: day(-5), end_date: day(5) },
    ],
  };

  test("a dry run uses the cached list if it is fresh, and invalidates nothing", async () => {
    const { refusals, query, asked } = await startGateway({ data: leased }, { CATALOG: "on" });
    const known = `{ tenantContract(ref: { externalId: "t-901" }) { id } unit(ref: { almaId: 1 }) { tenantContracts { totalCount } } }`;
    await query(known);
    asked();
    expect(await refusals(lease(", dryRun: true"))).toEqual([]);
    expect(await refusals("blockRoom(ref: { almaId: 11 }, dryRun: true)")).toEqual([]);
    expect(asked()).not.toContain(LIST);
    await query(known);
    expect(asked()).toEqual([]);
  });

  test.each([lease(), "blockRoom(ref: { almaId: 11 })"])(
    "a refusal also names contracts made elsewhere just now, at one list call: %s",
    async (mutation) => {
      const { mutate, query, data, asked } = await startGateway({ data: leased }, { CATALOG: "on" });
      const known = `{ tenantContract(ref: { externalId: "t-901" }) { id } }`;
      await query(known);
      const days = { start_date: day(0), end_date: day(9) };
      data.tenantContracts.insert({ id: 905, unit_id: 11, client_id: 252, ...days });
      asked();
      const { userErrors } = await mutate(mutation, "__typename");
      expect(userErrors[0]?.message).toContain(`In the way: TenantContract:905 (${day(0)} to ${day(9)}).`);
      expect(asked().filter((call) => call === LIST)).toHaveLength(1);
      const { extensions } = await query(known);
      expect(extensions.alma.calls).toBe(0);
    },
  );
});
