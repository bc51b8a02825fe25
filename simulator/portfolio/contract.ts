import { addDays } from "../store/clock.ts";
import type { Random } from "../store/random.ts";
import type { Client, Room, Unit } from "../store/record.ts";
import type { Data } from "../store/store.ts";
import type { ContractPeriod } from "./period.ts";

const workModels = ["Rent to rent", "TM 10%", "TM 15%", "TM 17%", "TM 18%", "TM 20%", "Long term"];
const histories = [
  "",
  "",
  "",
  "Extended once on the same terms.",
  "Deposit 2,000 AED, paid in cash.",
  "Продлён.",
];

/** Adds an owner contract on a unit. `number` is its index among all owner contracts. */
export function addOwnerContract(
  data: Data,
  unit: Unit,
  owner: Client,
  period: ContractPeriod,
  number: number,
  random: Random,
) {
  return data.ownerContracts.insert({
    external_id: random.chance(0.03) ? "" : String(600_000 + number),
    name: `Management of ${unit.name}`,
    number: random.chance(0.3) ? "" : `OC-${600_000 + number}`,
    unit_id: unit.id,
    client_id: owner.id,
    start_date: period.start,
    end_date: random.chance(0.04) ? null : period.end,
    contract_with_client_scan: createScan(data, "contract.pdf", 0.3, random),
    property_title_deed_scan: createScan(data, "title_deed.pdf", 0.3, random),
    property_management_letter_scan: createScan(data, "pml.pdf", 0.2, random),
    dtcm_permit_scan: createScan(data, "dtcm_permit.pdf", 0.15, random),
    pml_start_date: period.start,
    pml_end_date: random.chance(0.2) ? null : addDays(period.start, 364),
    work_model: random.pick(workModels),
  });
}

/** Adds a tenant contract on a unit or room. `number` is its index among all tenant contracts. */
export function addTenantContract(
  data: Data,
  object: Unit | Room,
  tenant: Client,
  period: ContractPeriod,
  number: number,
  random: Random,
) {
  const days = (Date.parse(period.end) - Date.parse(period.start)) / 86_400_000 + 1;
  const hasCoTenant = random.chance(0.12);
  return data.tenantContracts.insert({
    external_id: random.chance(0.03) ? "" : String(700_000 + number),
    name: `${tenant.first_name} ${tenant.last_name}, ${object.header || object.name}`,
    number: random.chance(0.3) ? "" : `TC-${700_000 + number}`,
    unit_id: object.id,
    client_id: tenant.id,
    start_date: period.start,
    end_date: period.end,
    price: (object.goal_rent_cost ?? 0).toFixed(2),
    contract_scan: createScan(data, "rent.pdf", 0.25, random),
    co_tenant: hasCoTenant ? "Second tenant" : "",
    co_tenant_id_scan: hasCoTenant ? createScan(data, "id.jpg", 0.5, random) : null,
    co_tenant_id: hasCoTenant ? `784-19${random.int(70, 99)}-${random.int(1_000_000, 9_999_999)}-1` : "",
    history: random.pick(histories),
    type_contract: contractTypeFor(days, random),
  });
}

function contractTypeFor(days: number, random: Random): string {
  if (days <= 31) return random.pick(["Airbnb", "Booking", "Short contract up to 1 month"]);
  return days <= 92 ? "Short term from 1 to 3 months" : "Long-term 3+ months";
}

function createScan(data: Data, name: string, rate: number, random: Random): number | null {
  return random.chance(rate) ? data.files.insert({ name, type: "application/pdf", bytes: 120_000 }).id : null;
}
