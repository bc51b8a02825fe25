import { describe, expect, test } from "vitest";
import { contractsInTheWay, nameContracts } from "../../src/graph/contract-search.ts";
import { household } from "../simulator/alma.ts";
import { span, start, today } from "./foreseeing.ts";

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
