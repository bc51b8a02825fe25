import { ruleMessage } from "../http/message.ts";
import { ruleViolation } from "../http/refusal.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Block, Contract, TenantContract } from "../store/record.ts";

interface Period {
  readonly start_date: string | null;
  readonly end_date: string | null;
}

/** Whether a period has a day in common with another. Both ends belong to it; a missing end is open. */
export function overlaps(one: Period, other: Period): boolean {
  return startsBy(one, other.end_date) && startsBy(other, one.end_date);
}

/** Whether the day lies in the period. */
export function covers(period: Period, day: string): boolean {
  return overlaps(period, { start_date: day, end_date: day });
}

/** Whether a contract is active or planned: not archived and not over. */
export function isActiveOrPlanned(contract: Contract, today: string): boolean {
  return !contract.is_archived && !hasEnded(contract, today);
}

/** Whether a contract is in force today. */
export function isActive(contract: Contract, today: string): boolean {
  return !contract.is_archived && covers(contract, today);
}

/** The blocks that hold on an object: its own, and its unit's if it is a room. */
export function blocksOn(objectId: number, { data }: SimulatorContext): Block[] {
  const parent = data.rooms.get(objectId)?.parent_unit;
  return [...data.blocks.by("unit_id", objectId), ...(parent ? data.blocks.by("unit_id", parent) : [])];
}

/** Whether the object has an active or planned rent contract or block of its own. */
export function isOccupied(objectId: number, { data, clock }: SimulatorContext): boolean {
  const today = clock.today();
  return (
    data.tenantContracts.by("unit_id", objectId).some((contract) => isActiveOrPlanned(contract, today)) ||
    data.blocks.by("unit_id", objectId).some((block) => !hasEnded(block, today))
  );
}

/** A blocked object takes no contract, whatever its status says. */
export function forbidBlocked(contract: Contract, context: SimulatorContext): void {
  const today = context.clock.today();
  const blocks = blocksOn(contract.unit_id, context);
  if (blocks.some((block) => covers(block, today) || overlaps(block, contract)))
    throw ruleViolation(ruleMessage.blocked);
}

/** An object takes one tenant contract at a time; what is archived does not count. */
export function forbidOverlap(contract: TenantContract, { data, switches }: SimulatorContext): void {
  const others = data.tenantContracts
    .by("unit_id", contract.unit_id)
    .filter((other) => other.id !== contract.id && !other.is_archived);
  if (!others.some((other) => overlaps(contract, other))) return;
  if (switches.overlapAnswer === "exception") throw new Error("The dates overlap with another contract.");
  throw ruleViolation(ruleMessage.overlap);
}

/** A non-sharing unit with a room attached by mistake: the source leaves open which of the two takes no contract. */
export function forbidNonSharing(contract: Contract, { data, switches }: SimulatorContext): void {
  const room = data.rooms.get(contract.unit_id);
  const unit = data.units.get(room?.parent_unit ?? contract.unit_id);
  if (!unit?.is_used_additional_external_id) return;
  const isRoomForbidden = room !== undefined && switches.nonSharingRefusal !== "apartment";
  const isUnitForbidden =
    !room && switches.nonSharingRefusal !== "room" && data.rooms.by("parent_unit", unit.id).length > 0;
  if (isRoomForbidden || isUnitForbidden) throw ruleViolation(ruleMessage.nonSharing);
}

function startsBy(period: Period, day: string | null): boolean {
  return period.start_date === null || day === null || period.start_date <= day;
}

function hasEnded(period: Period, today: string): boolean {
  return period.end_date !== null && period.end_date < today;
}
