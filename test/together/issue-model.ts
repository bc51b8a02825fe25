import type {
  OwnerContractRow,
  RoomRow,
  TableName,
  TenantContractRow,
  UnitRow,
  World,
} from "../independent/alma/world.ts";
import { covers } from "../independent/letting-world.ts";
import { objectOf } from "../reports/independent/table-model.ts";

/** An issue, as `code record` or `code record other`. */
export type IssueText = string;

type Contract = TenantContractRow | OwnerContractRow;

const typeNames: Readonly<Record<TableName, string>> = {
  buildings: "Building",
  units: "Unit",
  rooms: "Room",
  clients: "Client",
  owner_contracts: "OwnerContract",
  tenant_contracts: "TenantContract",
};

/** The newest first. */
const newest = <R extends { readonly id: number }>(rows: Iterable<R>): R[] =>
  [...rows].sort((one, other) => other.id - one.id);

const isReversed = (from: string | null, to: string | null): boolean =>
  from !== null && to !== null && to < from;

/** All issues of a portfolio that can be found without Bitrix, by checking every record and every pair. */
export function issuesOf(
  world: World,
  today: string,
  pricedAsAWhole: (contract: TenantContractRow) => boolean,
): IssueText[] {
  const tenants = newest(world.tenant_contracts.values());
  const owners = newest(world.owner_contracts.values());
  const objects = [...newest(world.units.values()), ...newest(world.rooms.values())];
  const nameOf = (row: Contract | UnitRow | RoomRow): string => {
    if ("work_model" in row) return `OwnerContract:${row.id}`;
    if ("type_contract" in row) return `TenantContract:${row.id}`;
    return `${"parent_unit" in row ? "Room" : "Unit"}:${row.id}`;
  };
  const isOpen = ({ usage }: Contract) => usage?.is_archived !== true;
  const unitOf = (row: UnitRow | RoomRow) =>
    "parent_unit" in row ? world.units.get(row.parent_unit ?? 0) : row;
  const isArchived = (row: UnitRow | RoomRow) =>
    row.is_archived === true || unitOf(row)?.is_archived === true;
  const found: IssueText[] = [];
  const add = (code: string, ...rows: (Contract | UnitRow | RoomRow)[]) =>
    found.push([code, ...rows.map(nameOf)].join(" "));

  for (const row of [...owners, ...tenants].filter(isOpen)) {
    if (!row.usage || row.usage.unit === null) add("CONTRACT_WITHOUT_RENTAL_OBJECT", row);
    if (!row.usage || row.usage.client === null) add("CONTRACT_WITHOUT_CLIENT", row);
    if (isReversed(row.start_date, row.end_date)) add("CONTRACT_ENDS_BEFORE_START", row);
    const object = objectOf(world, row);
    // A contract that starts in the future is planned, whenever it ends.
    const hasEnded =
      row.end_date !== null && row.end_date < today && !(row.start_date !== null && row.start_date > today);
    if (object && isArchived(object) && !hasEnded) add("CONTRACT_ON_ARCHIVED_OBJECT", row, object);
    const isDead =
      (row.usage?.unit != null && !object) ||
      (row.usage?.client != null && !world.clients.has(row.usage.client));
    if (isDead && !hasEnded) add("REFERENCE_NOT_LISTED", row);
    if ("work_model" in row && isReversed(row.pml_start_date, row.pml_end_date))
      add("MANAGEMENT_LETTER_ENDS_BEFORE_START", row);
    if ("type_contract" in row) {
      if (row.price === null) add("TENANT_CONTRACT_WITHOUT_PRICE", row);
      else if (!/[1-9]/.test(row.price) || row.price.startsWith("-"))
        add("TENANT_CONTRACT_PRICE_NOT_POSITIVE", row);
      const lacksDay = row.start_date === null || row.end_date === null;
      if (row.price !== null && lacksDay && pricedAsAWhole(row)) add("TENANT_CONTRACT_WITHOUT_RENT", row);
    }
  }
  for (const row of objects) {
    if (row.building === null && !isArchived(row)) add("RENTAL_OBJECT_WITHOUT_BUILDING", row);
    const isDead =
      (row.building !== null && !world.buildings.has(row.building)) ||
      ("parent_unit" in row && row.parent_unit !== null && !unitOf(row));
    if (row.is_archived !== true && isDead) add("REFERENCE_NOT_LISTED", row);
    if (!("parent_unit" in row) || row.is_archived === true) continue;
    if (row.parent_unit === null) add("ROOM_WITHOUT_UNIT", row);
    const unit = unitOf(row);
    const isElsewhere = unit?.building != null && row.building !== null && unit.building !== row.building;
    if (unit && isElsewhere && unit.is_archived !== true) add("ROOM_IN_ANOTHER_BUILDING", row, unit);
  }
  for (const row of tenants)
    for (const other of tenants)
      if (startsLater(row, other) && isShared(world, row, other) && hasCommonDay(row, other))
        add("TENANT_CONTRACTS_OVERLAP", row, other);
  return [...found, ...duplicates(world)];
}

const startsLater = (row: TenantContractRow, other: TenantContractRow): boolean => {
  const [start, otherStart] = [row.start_date ?? "", other.start_date ?? ""];
  return start === otherStart ? row.id > other.id : start > otherStart;
};

/** Whether both are on one object, or one is on the unit of the other's room. */
function isShared(world: World, row: TenantContractRow, other: TenantContractRow): boolean {
  const [id, otherId] = [row.usage?.unit ?? null, other.usage?.unit ?? null];
  if (id === null || otherId === null) return false;
  return (
    id === otherId ||
    world.rooms.get(id)?.parent_unit === otherId ||
    world.rooms.get(otherId)?.parent_unit === id
  );
}

/** Two ranges that meet do so on the later of their first days. */
function hasCommonDay(row: TenantContractRow, other: TenantContractRow): boolean {
  const later = [row.start_date ?? "0000-01-01", other.start_date ?? "0000-01-01"].sort()[1] ?? "";
  return covers(row, later) && covers(other, later);
}

/**
 * Records of one kind with one Bitrix id: for each group, the newest with all others. Archived contracts do not count.
 */
function duplicates(world: World): IssueText[] {
  const tables = ["units", "rooms", "clients", "owner_contracts", "tenant_contracts"] as const;
  return tables.flatMap((table) => {
    const rows = newest<{ id: number; external_id: string | null; usage?: Contract["usage"] }>(
      world.table(table).values(),
    ).filter(({ usage, external_id }) => usage?.is_archived !== true && external_id);
    return rows.flatMap((row, index) => {
      const first = rows.findIndex(({ external_id }) => external_id === row.external_id);
      if (first === index) return [];
      return [`DUPLICATE_BITRIX_ID ${typeNames[table]}:${rows[first]?.id} ${typeNames[table]}:${row.id}`];
    });
  });
}
