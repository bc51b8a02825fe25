import type { World } from "../../independent/alma/world.ts";
import { covers, lettingModel } from "../../independent/letting-world.ts";
import { decimal, type Expected, sortRows, type Value } from "./table-model.ts";

export const titles = [
  "Building",
  "Unit",
  "Bedrooms",
  "Unit or room",
  "Vacant",
  "Status",
  "Target rent",
  "Contract",
  "First name",
  "Last name",
  "From",
  "To",
  "Days to the end",
  "Kind of letting",
  "Rent",
  "Rent a month",
  "Above target rent",
  "Contract in Alma",
  "Unit or room in Alma",
];

/** The days from one to another. */
const daysFrom = (day: string, to: string | null): number | null =>
  to === null ? null : Math.round((Date.parse(to) - Date.parse(day)) / 86_400_000);

/** The difference of two decimals, with as many decimals as the longer one. */
function minus(one: string | null, other: string): Value {
  if (one === null) return null;
  const scale = Math.max(...[one, other].map((text) => text.split(".")[1]?.length ?? 0));
  const [first = 0n, second = 0n] = [one, other].map((text) => {
    const [whole = "", fraction = ""] = text.split(".");
    return BigInt(whole + fraction.padEnd(scale, "0"));
  });
  const digits = String(first < second ? second - first : first - second).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return decimal(
    `${first < second ? "-" : ""}${digits.slice(0, point)}${scale > 0 ? "." : ""}${digits.slice(point)}`,
  );
}

/** The report, computed from every object and every contract. */
export function expectedRoll(world: World, day: string, only?: number): Expected {
  const { objects, unitOf, isVacant } = lettingModel(world);
  const buildingNameOf = ({ building }: { building: number | null }) =>
    world.buildings.get(building ?? 0)?.name ?? null;
  const ordered = sortRows(
    objects.filter(({ building }) => only === undefined || building === only),
    (row) => [buildingNameOf(row), unitOf(row)?.name, row.name],
  );
  const rows = ordered.flatMap((row): Value[][] => {
    const own = [...world.tenant_contracts.values()].filter(
      (contract) => contract.usage?.unit === row.id && covers(contract, day),
    );
    const vacant = isVacant(row, day);
    const unit = unitOf(row);
    const place = [buildingNameOf(row), unit?.name ?? null, unit?.number_of_bedrooms ?? null, row.name];
    const object = [...place, vacant, row.status, decimal("1200.50")];
    const end = `${"parent_unit" in row ? "Room" : "Unit"}:${row.id}`;
    if (own.length === 0) return vacant ? [[...object, ...Array<null>(11).fill(null), end]] : [];
    return sortRows(own, ({ start_date, id }) => [start_date, String(id)]).map((contract) => {
      const client = world.clients.get(contract.usage?.client ?? 0);
      return [
        ...object,
        contract.number,
        client?.first_name ?? null,
        client?.last_name ?? null,
        contract.start_date,
        contract.end_date,
        daysFrom(day, contract.end_date),
        contract.type_contract,
        decimal(contract.price),
        decimal(contract.price),
        minus(contract.price, "1200.5"),
        `TenantContract:${contract.id}`,
        end,
      ];
    });
  });
  return { titles, rows };
}
