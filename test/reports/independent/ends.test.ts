import { describe, onTestFinished, test, vi } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import { addOwnerContract, addTenantContract } from "../../independent/alma/row.ts";
import type { World } from "../../independent/alma/world.ts";
import { stage } from "../../independent/gateway.ts";
import { dayOf, lettingWorld } from "../../independent/letting-world.ts";
import { managementLetters, ownerContracts, type Report, tenantContracts, today } from "./ends-model.ts";
import { expectReport } from "./table-model.ts";

/** A portfolio whose management contracts end, too, with contracts exactly at the borders of the period. */
function endingWorld(seed: number): World {
  const world = lettingWorld(seed, 24);
  for (const contract of world.owner_contracts.values()) {
    const { id } = contract;
    if (id % 4 > 0) contract.pml_end_date = dayOf((id * 37) % 200);
    if (id % 3 > 0) contract.pml_start_date = dayOf((id * 17) % 200);
  }
  const [unit] = [...world.units.values()];
  for (const end_date of ["2026-02-28", today, "2026-05-30", "2026-05-31"]) {
    const dates = { start_date: "2026-01-01", end_date, pml_end_date: end_date };
    addTenantContract(world, { unit: unit?.id ?? null }, { start_date: dates.start_date, end_date });
    addOwnerContract(world, { unit: unit?.id ?? null }, dates);
  }
  // Planned, and over before today: its last day is not in the future.
  addTenantContract(world, { unit: unit?.id ?? null }, { start_date: "2027-01-01", end_date: "2026-01-31" });
  return world;
}

describe.each<[string, Report]>([
  ["ends", tenantContracts],
  ["owner-contract-ends", ownerContracts],
  ["management-letter-ends", managementLetters],
])("%s", (name, expected) => {
  test.each([
    [61, {}],
    [62, { ...contrary, listsArchived: true }],
  ])("of portfolio %i lists the next 90 days, or any others", async (seed, quirks) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(`${today}T12:00:00Z`) });
    onTestFinished(() => void vi.useRealTimers());
    const world = endingWorld(seed);
    const env = { REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD: "month" };
    const { address, warm, close } = await stage(world, { env, quirks });
    onTestFinished(close);
    await warm();
    await expectReport(address, name, "", expected(world, today, "2026-05-30"));
    await expectReport(address, name, "until=%2B7d", expected(world, today, "2026-03-08"));
    await expectReport(
      address,
      name,
      "from=2026-04-01&until=2027-12-31",
      expected(world, "2026-04-01", "2027-12-31"),
    );
  });
});
