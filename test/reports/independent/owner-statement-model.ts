import type { OwnerContractRow, TenantContractRow, World } from "../../independent/alma/world.ts";
import { covers } from "../../independent/letting-world.ts";
import { rentBetween } from "../../independent/read/group-arithmetic.ts";
import {
  buildingOf,
  daysBetween,
  decimal,
  type Expected,
  objectOf,
  orderBy,
  type Value,
} from "./table-model.ts";

export const titles = [
  "First name",
  "Last name",
  "Owner in Alma",
  "Contract",
  "Building",
  "Unit",
  "Let unit or room",
  "From",
  "To",
  "Days",
  "Agreed rent",
  "Tenant contract",
  "Tenant's first name",
  "Tenant's last name",
  "Tenant contract in Alma",
  "Contract in Alma",
];

/** The report, computed from both contracts on every day. */
export function expectedStatement(
  world: World,
  period: { readonly from: string; readonly to: string },
  selects: (contract: OwnerContractRow) => boolean = () => true,
): Expected {
  const nameOf = (id: number | null | undefined): Value[] => {
    const client = world.clients.get(id ?? 0);
    return [client?.first_name ?? null, client?.last_name ?? null];
  };
  const days = [...daysBetween(period.from, period.to)];
  const rowsOf = (owned: OwnerContractRow): Value[][] => {
    const unitId = owned.usage?.unit ?? null;
    const unit = world.units.get(unitId ?? 0);
    const common = (contract: TenantContractRow) =>
      days.filter((day) => covers(owned, day) && covers(contract, day));
    const lettings = [...world.tenant_contracts.values()]
      .filter((contract) => {
        const object = objectOf(world, contract);
        const ofObject = object && "parent_unit" in object ? object.parent_unit : object?.id;
        return unitId !== null && ofObject === unitId;
      })
      .map((contract) => ({ contract, shared: common(contract) }))
      .filter(({ shared }) => shared.length > 0)
      .sort((a, b) => (a.shared[0] ?? "").localeCompare(b.shared[0] ?? "") || b.contract.id - a.contract.id);
    const head = [
      ...nameOf(owned.usage?.client),
      owned.usage?.client == null ? null : `Client:${owned.usage.client}`,
      owned.number,
      world.buildings.get(buildingOf(unit) ?? 0)?.name ?? null,
      unit?.name ?? null,
    ];
    const id = `OwnerContract:${owned.id}`;
    if (lettings.length === 0) return [[...head, ...titles.slice(head.length + 1).map(() => null), id]];
    return lettings.map(({ contract, shared }) => {
      const { number, usage, price, start_date: from, end_date: to } = contract;
      const [first = "", last = ""] = [shared[0], shared.at(-1)];
      const isArchived = usage?.is_archived === true;
      return [
        ...head,
        objectOf(world, contract)?.name ?? null,
        first,
        last,
        shared.length,
        decimal(rentBetween({ price, period: "month", from, to, isArchived }, first, last)),
        number,
        ...nameOf(usage?.client),
        `TenantContract:${contract.id}`,
        id,
      ];
    });
  };
  const asked = [...world.owner_contracts.values()]
    .filter((contract) => selects(contract) && days.some((day) => covers(contract, day)))
    .sort((one, other) => one.id - other.id);
  const owned = orderBy(asked, ({ usage }) => {
    const unit = world.units.get(usage?.unit ?? 0);
    const names = nameOf(usage?.client).reverse().filter(Boolean);
    const building = world.buildings.get(buildingOf(unit) ?? 0)?.name;
    return [names.length === 0 ? null : names.join(" "), building, unit?.name];
  });
  return { titles, rows: owned.flatMap(rowsOf) };
}
