import { ruleMessage } from "../http/message.ts";
import { ruleViolation } from "../http/refusal.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Block, Contract, TenantContract } from "../store/record.ts";

/** Days `YYYY-MM-DD`, both included; null is open. */
interface Period {
  readonly start_date: string | null;
  readonly end_date: string | null;
}

/** Whether two periods have a day in common. */
export function overlaps(a: Period, b: Period): boolean {
  return startsBy(a, b.end_date) && startsBy(b, a.end_date);
}

/** Whether a period contains a day. */
export function covers(period: Period, day: string): boolean {
  return overlaps(period, { start_date: day, end_date: day });
}

/** Whether a contract is active or planned: neither archived nor ended. */
export function isActiveOrPlanned(contract: Contract, today: string): boolean {
  return !contract.is_archived && !hasEnded(contract, today);
}

/** Whether a contract is in force today. */
export function isActive(contract: Contract, today: string): boolean {
  return !contract.is_archived && covers(contract, today);
}

/** The blocks on a rental object: its own and, for a room, its unit's. */
export function blocksOn(objectId: number, { data }: SimulatorContext): Block[] {
  const parent = data.rooms.get(objectId)?.parent_unit;
  return [...data.blocks.by("unit_id", objectId), ...(parent ? data.blocks.by("unit_id", parent) : [])];
}

/** Whether a rental object itself has an active or planned tenant contract or block. */
export function isOccupied(objectId: number, { data, clock }: SimulatorContext): boolean {
  const today = clock.today();
  return (
    data.tenantContracts.by("unit_id", objectId).some((contract) => isActiveOrPlanned(contract, today)) ||
    data.blocks.by("unit_id", objectId).some((block) => !hasEnded(block, today))
  );
}

/** Refuses a contract on a rental object with a block today or during the contract. Throws Refusal. */
export function forbidBlocked(contract: Contract, context: SimulatorContext): void {
  const today = context.clock.today();
  const blocks = blocksOn(contract.unit_id, context);
  if (blocks.some((block) => covers(block, today) || overlaps(block, contract)))
    throw ruleViolation(ruleMessage.blocked);
}

/** Refuses overlapping tenant contracts on one rental object; archived contracts do not count. Throws Refusal. */
export function forbidOverlap(contract: TenantContract, { data, switches }: SimulatorContext): void {
  const others = data.tenantContracts
    .by("unit_id", contract.unit_id)
    .filter((other) => other.id !== contract.id && !other.is_archived);
  if (!others.some((other) => overlaps(contract, other))) return;
  if (switches.overlapAnswer === "exception") throw new Error("The dates overlap with another contract.");
  throw ruleViolation(ruleMessage.overlap);
}

/**
 * Refuses tenant contracts if a unit let as a whole has a room by mistake. The document does not say whether the unit
 * or the room refuses; the switch `nonSharingRefusal` decides. Throws Refusal.
 */
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
