import { addBuilding, addClient, addOwnerContract, addRoom, addTenantContract, addUnit } from "./row.ts";
import type { Rows, TableName, World } from "./world.ts";

/** The JSON body of a POST or PATCH. */
export type Body = Readonly<Record<string, unknown>>;

/** Converts a value sent for a column to the value that this Alma stores. */
export type StoredForm = (column: string, value: unknown) => unknown;

/** Adds the row of a POST. Returns its id. */
export function createRow(world: World, name: TableName, body: Body, form: StoredForm): number {
  const columns = columnsOf(body, form);
  const tie = tieOf(body);
  switch (name) {
    case "buildings":
      return addBuilding(world, columns).id;
    case "units":
      return addUnit(world, columns).id;
    case "rooms":
      return addRoom(world, columns).id;
    case "clients":
      return addClient(world, columns).id;
    case "owner_contracts":
      return addOwnerContract(world, tie, columns).id;
    case "tenant_contracts":
      return addTenantContract(world, tie, columns).id;
  }
}

/** Changes the row of a PATCH. */
export function changeRow(row: Rows[TableName], body: Body, form: StoredForm): void {
  Object.assign(row, columnsOf(body, form));
  if ("usage" in row && row.usage) Object.assign(row.usage, tieOf(body));
}

function columnsOf({ unit_id, client_id, photos, ...body }: Body, form: StoredForm): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).map(([column, sent]) => [column, form(column, inColumn(column, sent))]),
  );
}

/** Dates become days, and amounts and Bitrix ids text. */
function inColumn(column: string, sent: unknown): unknown {
  if (sent === null) return null;
  if (/_date$|^birthday$/.test(column)) return String(sent).slice(0, 10);
  return /^(price|goal_rent_cost|external_id)$/.test(column) ? String(sent) : sent;
}

function tieOf({ unit_id, client_id }: Body): { unit?: number; client?: number } {
  return {
    ...(unit_id !== undefined && { unit: Number(unit_id) }),
    ...(client_id !== undefined && { client: Number(client_id) }),
  };
}
