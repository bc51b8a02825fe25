import { type Entry, isLetWhole, type Known } from "../catalog/index.ts";
import { inTheWay, objectOf } from "./in-the-way.ts";
import type { ArgumentPath } from "./user-error.ts";
import { confirm } from "./write-ref.ts";
import type { Target } from "./write-spec.ts";
import type { Values, Write } from "./writing.ts";

/** The Bitrix unit of a non-sharing apartment must not be created as a room (Alma: Units, POST). */
export async function refuseWholeLet(write: Write, { id, entry }: Target, path: ArgumentPath): Promise<void> {
  const unit = await write.read(entry ?? write.context.catalog.store.entry("unit", id));
  if (!unit) {
    write.refuse(
      "NOT_FOUND",
      path,
      `Alma has no unit with the Alma id ${id}. Correct it, or create the unit first.`,
    );
    return;
  }
  if (isLetWhole(unit)) write.refuse("WHOLE_LET_UNIT", path, wholeLet(unit));
}

/** Why a room cannot be, and what to do instead. */
export function wholeLet({ key }: Entry): string {
  return (
    `${key} is let whole, so that it can have no rooms in Alma. Instead of creating a room, set its ` +
    "additionalExternalId to the id of its unit in Bitrix (with isUsedAdditionalExternalId: true); rentalObject then " +
    "finds it by that id. If it is let room by room after all, set isUsedAdditionalExternalId: false first."
  );
}

/** Owner contracts are made on apartments only, never on a room (Alma: Contracts, owner_contracts POST). */
export async function refuseRoom(write: Write, target: Target, path: ArgumentPath): Promise<void> {
  const object = target.entry ?? (await confirm(write, target));
  if (!object) {
    write.refuse("NOT_FOUND", path, `Alma has no unit with the Alma id ${target.id}. Correct it.`);
  } else if (object.kind === "room") {
    const message = `${object.key} is a room, and an owner contract is made on a unit. Give the unit that the room is in.`;
    write.refuse("OWNER_CONTRACT_NEEDS_UNIT", path, message);
  }
}

/**
 * Tenant contracts whose days overlap with others on the same object are refused (Alma: Contracts, tenant_contracts).
 */
export async function foreseeOverlap(write: Write, values: Values, before?: Entry): Promise<void> {
  const known = before?.value as Known<"tenantContract"> | undefined;
  const object = (values.rentalObject ?? known?.unitUsage?.unitId) as number | null | undefined;
  if (object == null || !["rentalObject", "startDate", "endDate"].some((name) => name in values)) return;
  const day = (name: "startDate" | "endDate") =>
    (values[name] === undefined ? known?.[name] : (values[name] as string | null)) ?? null;
  const period = { start: day("startDate"), end: day("endDate") };
  const names = await inTheWay(write, objectOf(write, object), period, before?.id);
  if (names === undefined) return;
  const message = `The dates overlap with other contracts on the same rental object: ${names}. Choose other dates.`;
  write.refuse("OVERLAP", [], message);
}
