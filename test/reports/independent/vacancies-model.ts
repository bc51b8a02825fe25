import type { World } from "../../independent/alma/world.ts";
import { covers, lettingModel } from "../../independent/letting-world.ts";
import { amountOf } from "../../independent/read/group-arithmetic.ts";
import { decimal, type Expected, sortRows } from "./table-model.ts";

export const titles = [
  "Building",
  "Unit",
  "Bedrooms",
  "Unit or room",
  "Kind",
  "Status",
  "Vacant since",
  "Days vacant",
  "Target rent",
  "First name of the owner",
  "Last name of the owner",
  "Let again from",
  "Next contract",
  "Unit or room in Alma",
];

/** The report, computed from every object and every contract. */
export function expectedVacancies(world: World, day: string, only?: number): Expected {
  const { objects, unitOf, isVacant, vacantSince, contractsOf } = lettingModel(world);
  const buildingNameOf = ({ building }: { building: number | null }) =>
    world.buildings.get(building ?? 0)?.name ?? null;
  const vacant = objects.filter((row) => isVacant(row, day) && (only === undefined || row.building === only));
  const ordered = sortRows(vacant, (row) => [buildingNameOf(row), unitOf(row)?.name, row.name]);
  const rows = ordered.map((row) => {
    const since = vacantSince(row, day);
    const unit = unitOf(row);
    const [owned] = [...world.owner_contracts.values()]
      .filter((contract) => unit && contract.usage?.unit === unit.id && covers(contract, day))
      .sort(
        (one, other) => (other.start_date ?? "").localeCompare(one.start_date ?? "") || other.id - one.id,
      );
    const owner = world.clients.get(owned?.usage?.client ?? 0);
    const [next] = contractsOf(row)
      .filter(({ usage, start_date }) => usage?.unit === row.id && start_date !== null && start_date > day)
      .filter((contract) => covers(contract, contract.start_date ?? ""))
      .sort((a, b) => (a.start_date ?? "").localeCompare(b.start_date ?? "") || b.id - a.id);
    return [
      buildingNameOf(row),
      unit?.name ?? null,
      unit?.number_of_bedrooms ?? null,
      row.name,
      row.property_type,
      row.status,
      since,
      since && (Date.parse(day) - Date.parse(since)) / 86_400_000 + 1,
      decimal(amountOf(row.goal_rent_cost ?? 0)),
      owner?.first_name ?? null,
      owner?.last_name ?? null,
      next?.start_date ?? null,
      next?.number ?? null,
      `${"parent_unit" in row ? "Room" : "Unit"}:${row.id}`,
    ];
  });
  return { titles, rows };
}
