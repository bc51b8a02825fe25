import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import { stateOn } from "../contract/contract-state.ts";
import type { Steps } from "../metering/meter.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Tells the Alma id of the owner of a unit, by the unit's id; null if there is none. */
export type FindOwner = (unitId: number) => number | null;

type OwnerContract = KnownFields<"ownerContract">;

const STRIDE = 1_024;

/** Finds who owns the units on a day, by the rule of `currentOwnerContract`. Rejects with AlmaError. */
export function readOwners(context: GraphContext, day: string): PromiseOrValue<FindOwner> {
  const { catalog, operation, limits } = context;
  const members = catalog.findMembers(operation, { kind: "ownerContract", needsDetails: true });
  return mapPromiseOrValue(members, ({ records }) =>
    limits.run("the owners of units", pickOwners(records, day)),
  );
}

/** Of several contracts in force on a unit, the latest start counts, then the highest id. Records fall by id. */
function* pickOwners(records: readonly CachedRecord[], day: string): Steps<FindOwner> {
  const chosen = new Map<number, OwnerContract>();
  for (const [index, { value }] of records.entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    const contract = value as OwnerContract;
    const unitId = contract.unitUsage?.unitId;
    if (unitId == null || stateOn(contract, day) !== "ACTIVE") continue;
    const other = chosen.get(unitId);
    if (!other || (contract.startDate ?? "") > (other.startDate ?? "")) chosen.set(unitId, contract);
  }
  return (unitId) => chosen.get(unitId)?.unitUsage?.clientId ?? null;
}
