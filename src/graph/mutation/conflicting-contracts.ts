import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import { ContractSearch } from "../connection/contract-search.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../record/record-view.ts";
import { tryExplain } from "../write/try-explain.ts";
import type { Write } from "../write/write.ts";

/** Days, `YYYY-MM-DD`, both included; null is open. */
export interface Period {
  readonly start: string | null;
  readonly end: string | null;
}

/** For what contracts may be in the way, and as of when. */
interface ConflictQuery {
  /** The days of a contract; without them it is a block. */
  readonly period?: Period;
  /** The contract that is itself being changed. */
  readonly exceptId?: number;
  /** None is in the way only if the list of contracts, read after this time by the clock, has none. */
  readonly cutoff: number;
}

/**
 * The contracts for which Alma refuses a contract on these days, or a block if no days are given: as a message names
 * them. Once Alma has refused, somebody else may have made one just now; a dry run may rest on a young list. Undefined
 * if there are none, or if they cannot be found out.
 */
export async function describeConflictingContracts(
  write: Write,
  rentalObject: CachedRecord,
  period?: Period,
  exceptId?: number,
): Promise<string | undefined> {
  const context = write.context.detach({});
  const { namedCutoff, startedAt: start } = context.operation;
  const timer = setTimeout(() => {
    context.operation.stop(
      new AlmaError("DEADLINE_EXCEEDED", "The contracts in the way were not found in time."),
    );
  }, write.services.timeout);
  const conflicts = await tryExplain(() =>
    findConflictingContracts(context, rentalObject, {
      cutoff: write.dryRun ? namedCutoff : start,
      ...(period && { period }),
      ...(exceptId !== undefined && { exceptId }),
    }),
  ).finally(() => clearTimeout(timer));
  return conflicts && conflicts.length > 0 ? formatContracts(conflicts) : undefined;
}

/** A rental object of which only the id matters. */
export function rentalObjectOf({ context: { catalog } }: Write, id: number): CachedRecord {
  return catalog.store.findRentalObject(id) ?? catalog.store.getOrCreate("room", id);
}

/**
 * The tenant contracts for which Alma refuses a write on a rental object: without a period, those active or planned on
 * it and on a unit's rooms (a refusal to block); with one, those on the object itself that have a day in common with
 * it (a refusal to make a contract). Throws AlmaError.
 */
export async function findConflictingContracts(
  context: GraphContext,
  rentalObject: CachedRecord,
  { cutoff, period, exceptId }: ConflictQuery,
): Promise<RecordView<"tenantContract">[]> {
  const { catalog, operation } = context;
  const findContracts = () =>
    period ? findOverlapping(context, rentalObject, period, exceptId) : findOccupying(context, rentalObject);
  let contracts = await findContracts();
  if (contracts.length === 0) {
    await catalog.readList(operation, "tenantContract", cutoff);
    contracts = await findContracts();
  }
  return contracts.map((contract) => context.viewOf<"tenantContract">(contract, operation.connectionCutoff));
}

async function findOccupying(
  context: GraphContext,
  rentalObject: CachedRecord,
): Promise<readonly CachedRecord[]> {
  const search = new ContractSearch(context);
  return search.findLiveContracts(["tenantContract"], (await search.findRooms(rentalObject)).ids);
}

async function findOverlapping(
  context: GraphContext,
  { id }: CachedRecord,
  { start, end }: Period,
  exceptId: number | undefined,
): Promise<readonly CachedRecord[]> {
  const contracts = await new ContractSearch(context).findReferrers("tenantContract", "rentalObject", [id]);
  return contracts.filter((contract) => {
    const { startDate, endDate, unitUsage } = contract.value as KnownFields<"tenantContract">;
    if (contract.id === exceptId || unitUsage?.isArchived === true) return false;
    return (
      (end === null || startDate == null || startDate <= end) &&
      (start === null || endDate == null || endDate >= start)
    );
  });
}

/** Contracts as a message names them: `TenantContract:969 (2025-08-21 to 2026-08-20)`. */
export function formatContracts(contracts: readonly RecordView<"tenantContract">[]): string {
  const names = contracts.slice(0, 5).map(({ record, value: { startDate, endDate } }) => {
    const from = startDate ?? "always";
    return `${record.key} (${from} to ${endDate ?? "no end"})`;
  });
  const remaining = contracts.length - names.length;
  return names.join(", ") + (remaining > 0 ? ` and ${remaining} more` : "");
}
