import { type CachedRecord, isArchived, type KnownFields } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import { type DriftCheck, type DriftData, externalIdOf, flatMapSteps } from "./drift-check.ts";
import { isLettingReadable, usedAdditionalId } from "./whole-let.ts";

/**
 * Tenant contracts on a unit that represents no Bitrix unit: a tenant rents a Bitrix unit, which is a room or the unit
 * whose additional id is in use (Alma: Apartments, POST). Contracts that are archived or have ended do not count.
 */
export const contractOnUnattachedUnit: DriftCheck = {
  lists: ["unit"],
  details: ["tenantContract"],
  suspectKinds: ["unit"],
  *suspects(data) {
    return [...new Set((yield* liveContractsOnUnits(data)).map(([, unit]) => unit))];
  },
  *find(data) {
    return yield* flatMapSteps(yield* liveContractsOnUnits(data), ([contract, unit]) => {
      if (!isLettingReadable(unit) || usedAdditionalId(unit) !== null) return [];
      const externalId = externalIdOf(contract) ?? null;
      return [{ externalId, records: [contract, unit], advice: () => adviceOn(contract, unit) }];
    });
  },
};

/** Pairs of an active or planned tenant contract and the unit that it is on. */
function* liveContractsOnUnits(data: DriftData): Steps<(readonly [CachedRecord, CachedRecord])[]> {
  const units = new Map(data.listed("unit").map((unit) => [unit.id, unit]));
  return yield* flatMapSteps(data.detailed("tenantContract"), (contract) => {
    const { unitUsage, endDate } = contract.value as KnownFields<"tenantContract">;
    const unit = units.get(unitUsage?.unitId ?? 0);
    const hasEnded = endDate != null && endDate < data.today;
    return unit && !hasEnded && !isArchived(contract) ? [[contract, unit] as const] : [];
  });
}

function adviceOn({ key }: CachedRecord, unit: CachedRecord): string {
  return (
    `${key} is on ${unit.key}, which no Bitrix unit is attached to (isUsedAdditionalExternalId with additionalExternalId), so ` +
    "that this is not the unit that the contract names in Bitrix. Sync the apartment and the unit of the contract, then " +
    "the contract: it is moved to them. By hand, move it by updateTenantContract with rentalObject; if the apartment is let " +
    "whole to this tenant, set additionalExternalId to its Bitrix unit's id and isUsedAdditionalExternalId: true by updateUnit."
  );
}
