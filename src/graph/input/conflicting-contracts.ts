import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import { createContractSearch } from "../letting/contract-search.ts";
import { findReferrers } from "../member/partial-data.ts";
import type { DatedContract } from "../rent/rent.ts";
import type { GraphContext } from "../resolver/context.ts";
import { bestEffort } from "../write/polling.ts";
import type { Write } from "../write/write.ts";

/** Lists names for a message: the first five, and the number of others. */
export function joinFirst(names: readonly string[]): string {
  const more = names.length - 5;
  return names.slice(0, 5).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/**
 * Describes the tenant contracts for which Alma refuses a contract on these days, or a block if there is no draft. A
 * contract conflicts with contracts on the same object that share a day, except with the one that an update changes
 * (`exceptId`). A block conflicts with active and planned contracts on the object and its rooms (Alma: Contracts,
 * tenant_contracts; Apartments and Units, PATCH block). If none is found, the list is read again, since a conflict may
 * be new; a dry run may use the cached list. Empty if there are none; undefined if they cannot be read in time, or the
 * caller may not read them.
 */
export async function describeConflictingContracts(
  write: Write,
  rentalObject: CachedRecord,
  draft?: DatedContract,
  exceptId?: number,
): Promise<string | undefined> {
  if (!write.mayRead) return undefined;
  const context = write.context.detach({});
  const { catalog, operation } = context;
  const timer = setTimeout(() => {
    operation.stop(new AlmaError("DEADLINE_EXCEEDED", "The conflicting contracts were not found in time."));
  }, write.services.timeout);
  const findContracts = () =>
    draft
      ? findContractsSharingDays(context, rentalObject, draft, exceptId)
      : findOccupying(context, rentalObject);
  const conflicts = await bestEffort(async () => {
    const known = await findContracts();
    if (known.length > 0) return known;
    const cutoff = write.dryRun ? operation.namedCutoff : operation.startedAt;
    await catalog.readList(operation, "tenantContract", cutoff);
    return findContracts();
  }).finally(() => clearTimeout(timer));
  return conflicts && formatContracts(conflicts);
}

async function findOccupying(context: GraphContext, rentalObject: CachedRecord) {
  const search = createContractSearch(context);
  return search.findLiveContracts(["tenantContract"], (await search.findRooms(rentalObject)).ids);
}

async function findContractsSharingDays(
  context: GraphContext,
  { id }: CachedRecord,
  draft: DatedContract,
  exceptId: number | undefined,
) {
  const { records } = await findReferrers(context, "tenantContract", "rentalObject", [id]);
  return records.filter((contract) => {
    const { startDate, endDate, unitUsage } = contract.value as KnownFields<"tenantContract">;
    if (contract.id === exceptId || unitUsage?.isArchived === true) return false;
    return (
      (draft.endDate == null || startDate == null || startDate <= draft.endDate) &&
      (draft.startDate == null || endDate == null || endDate >= draft.startDate)
    );
  });
}

/** Formats contracts for a message: `TenantContract:969 (2025-08-21 to 2026-08-20)`. */
function formatContracts(contracts: readonly CachedRecord[]) {
  const names = contracts.map(({ key, value }) => {
    const { startDate, endDate } = value as KnownFields<"tenantContract">;
    return `${key} (${startDate ?? "always"} to ${endDate ?? "no end"})`;
  });
  return joinFirst(names);
}
