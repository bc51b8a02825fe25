import fc from "fast-check";
import type { Data } from "../../simulator/index.ts";
import type { Kind } from "./world.ts";
import { kinds } from "./world.ts";

/** A change that another system makes in Alma. */
export interface OutsideShape {
  readonly kind: number;
  readonly target: number;
  readonly what: number;
  readonly value: number;
}

const choice = fc.nat(11);
export const outsideShape: fc.Arbitrary<OutsideShape> = fc.record({
  kind: choice,
  target: choice,
  what: choice,
  value: choice,
});

interface Rows {
  all(): { readonly id: number }[];
  change(id: number, patch: object): unknown;
  insert(draft: object): unknown;
}

/** Changes, adds or moves one record in the simulator's tables. */
export function changeOutside(
  data: Data,
  shape: OutsideShape,
  count: number,
  day: (offset: number) => string,
): void {
  const kind = kinds[shape.kind % kinds.length] as Kind;
  const tables: Readonly<Record<Kind, Rows>> = {
    building: data.buildings,
    unit: data.units,
    room: data.rooms,
    client: data.clients,
    ownerContract: data.ownerContracts,
    tenantContract: data.tenantContracts,
  } as Readonly<Record<Kind, Rows>>;
  const table = tables[kind];
  const rows = table.all();
  const pick = (of: Kind) => {
    const some = tables[of].all();
    return some[shape.value % some.length]?.id ?? 0;
  };
  const id = rows[shape.target % rows.length]?.id ?? 0;
  const name = `n-${shape.value}`;
  const contract = [
    { name },
    { unit_id: pick(kind === "tenantContract" && shape.value % 2 ? "room" : "unit") },
    { client_id: pick("client") },
    { is_archived: shape.value % 2 === 0 },
    { end_date: day(shape.value - 5) },
  ];
  const changes: Readonly<Record<Kind, readonly object[]>> = {
    building: [{ name }, { address: name }, { is_archived: shape.value % 2 === 0 }],
    unit: [
      { name },
      { header: name },
      { status: "rented" },
      { building: pick("building") },
      { is_archived: shape.value % 2 === 0 },
    ],
    room: [
      { name },
      { header: name },
      { status: "rented" },
      { parent_unit: pick("unit") },
      { is_archived: shape.value % 2 === 0 },
    ],
    client: [{ first_name: name }, { phone: name }, { status: "inactive" }],
    ownerContract: contract,
    tenantContract: contract,
  };
  if (shape.what === 11) {
    const external_id = `x-${count}`;
    const place = { unit_id: pick("unit"), client_id: pick("client"), start_date: day(-3), end_date: day(3) };
    const drafts: Readonly<Record<Kind, object>> = {
      building: { name, project: 207 },
      unit: { name, building: pick("building") },
      room: { name, parent_unit: pick("unit") },
      client: { first_name: name, status: "active" },
      ownerContract: place,
      tenantContract: place,
    };
    table.insert({ ...drafts[kind], external_id });
  } else if (rows.length > 0) table.change(id, changes[kind][shape.what % changes[kind].length] as object);
}
