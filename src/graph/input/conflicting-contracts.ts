import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import { createContractSearch } from "../letting/contract-search.ts";
import { findReferrers } from "../member/partial-data.ts";
import type { DatedContract } from "../rent/rent.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { bestEffort } from "../write/polling.ts";
import type { Write } from "../write/write.ts";

/** Lists names for a message: the first five, and the number of others. */
export function joinFirst(names: readonly string[]): string {
  const more = names.length - 5;
  return names.slice(0, 5).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** A search for contracts that conflict with a write. */
interface ConflictQuery {
  /** The contract to write; undefined for a block. */
  readonly draft?: DatedContract;
  /** The contract that an update changes, which cannot conflict with itself. */
  readonly exceptId?: number;
  /** If no conflict is found, the list of contracts is read again unless its read started after this time. */
  readonly cutoff: number;
}

/**
 * Describes the contracts for which Alma refuses a contract on these days, or a block if there is no draft. A dry run
 * may use the cached list; after a refusal it is read again, since a conflict may be new. Empty if there are none;
 * undefined if they cannot be read in time, or the caller may not read them.
 */
export async function describeConflictingContracts(
  write: Write,
  rentalObject: CachedRecord,
  draft?: DatedContract,
  exceptId?: number,
): Promise<string | undefined> {
  if (!write.mayRead) return undefined;
  const context = write.context.detach({});
  const { namedCutoff, startedAt } = context.operation;
  const timer = setTimeout(() => {
    context.operation.stop(
      new AlmaError("DEADLINE_EXCEEDED", "The conflicting contracts were not found in time."),
    );
  }, write.services.timeout);
  const conflicts = await bestEffort(() =>
    findConflictingContracts(context, rentalObject, {
      cutoff: write.dryRun ? namedCutoff : startedAt,
      draft,
      exceptId,
    }),
  ).finally(() => clearTimeout(timer));
  return conflicts && formatContracts(conflicts);
}

/**
 * Finds the tenant contracts for which Alma refuses a write. A contract conflicts with contracts on the same
 * object that share a day. A block conflicts with active and planned contracts on the object and its rooms
 * (Alma: Contracts, tenant_contracts; Apartments and Units, PATCH block). Throws AlmaError.
 */
export async function findConflictingContracts(
  context: GraphContext,
  rentalObject: CachedRecord,
  { cutoff, draft, exceptId }: ConflictQuery,
): Promise<RecordView<"tenantContract">[]> {
  const { catalog, operation } = context;
  const findContracts = () =>
    draft ? findOverlapping(context, rentalObject, draft, exceptId) : findOccupying(context, rentalObject);
  let contracts = await findContracts();
  if (contracts.length === 0) {
    await catalog.readList(operation, "tenantContract", cutoff);
    contracts = await findContracts();
  }
  return contracts.map((contract) => context.viewOf(contract, operation.connectionCutoff));
}

async function findOccupying(context: GraphContext, rentalObject: CachedRecord) {
  const search = createContractSearch(context);
  return search.findLiveContracts(["tenantContract"], (await search.findRooms(rentalObject)).ids);
}

async function findOverlapping(
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
export function formatContracts(contracts: readonly RecordView<"tenantContract">[]): string {
  const names = contracts.map(({ record, value: { startDate, endDate } }) => {
    const from = startDate ?? "always";
    return `${record.key} (${from} to ${endDate ?? "no end"})`;
  });
  return joinFirst(names);
}
