import type { CachedRecord, FailedReads, Kind } from "../../catalog/index.ts";
import type { BitrixDriftKind, DataIssueCode } from "../../graph/generated.ts";
import { findUndecidable, type Steps } from "../../graph/index.ts";
import { duplicateAdditionalId, missingAdditionalId, unusedAdditionalId } from "./additional-id.ts";
import { duplicateId, malformedId, missingId } from "./bitrix-id.ts";
import type { Issue, IssueCheck, IssueData } from "./check.ts";
import * as contract from "./contract-check.ts";
import * as object from "./object-check.ts";
import { overlap } from "./overlap.ts";
import { contractOnUnattachedUnit, roomUnderWholeLetUnit, wholeLetUnitAlsoRoom } from "./whole-let.ts";

/** The checks for differences between Alma's records and their Bitrix ids, in the order of the report. */
const driftChecks: Readonly<Record<BitrixDriftKind, IssueCheck>> = {
  MISSING_BITRIX_ID: missingId,
  MALFORMED_BITRIX_ID: malformedId,
  DUPLICATE_BITRIX_ID: duplicateId,
  DUPLICATE_ADDITIONAL_BITRIX_ID: duplicateAdditionalId,
  MISSING_ADDITIONAL_BITRIX_ID: missingAdditionalId,
  UNUSED_ADDITIONAL_BITRIX_ID: unusedAdditionalId,
  ROOM_UNDER_WHOLE_LET_UNIT: roomUnderWholeLetUnit,
  WHOLE_LET_UNIT_ALSO_A_ROOM: wholeLetUnitAlsoRoom,
  TENANT_CONTRACT_ON_UNATTACHED_UNIT: contractOnUnattachedUnit,
};

/** The check of each code, in order. */
export const checks: Readonly<Record<DataIssueCode, IssueCheck>> = {
  CONTRACT_WITHOUT_RENTAL_OBJECT: contract.withoutRentalObject,
  CONTRACT_WITHOUT_CLIENT: contract.withoutClient,
  CONTRACT_ENDS_BEFORE_START: contract.endsBeforeStart,
  CONTRACT_ON_ARCHIVED_OBJECT: contract.onArchivedObject,
  TENANT_CONTRACTS_OVERLAP: overlap,
  TENANT_CONTRACT_WITHOUT_PRICE: contract.withoutPrice,
  TENANT_CONTRACT_PRICE_NOT_POSITIVE: contract.priceNotPositive,
  TENANT_CONTRACT_WITHOUT_RENT: contract.withoutRent,
  MANAGEMENT_LETTER_ENDS_BEFORE_START: contract.letterEndsBeforeStart,
  RENTAL_OBJECT_WITHOUT_BUILDING: object.withoutBuilding,
  ROOM_WITHOUT_UNIT: object.withoutUnit,
  ROOM_IN_ANOTHER_BUILDING: object.inAnotherBuilding,
  REFERENCE_NOT_LISTED: object.referenceNotListed,
  UNREADABLE_VALUE: object.unreadableValue,
  ...driftChecks,
};

export const issueCodes = Object.keys(checks) as readonly DataIssueCode[];
export const driftKinds = Object.keys(driftChecks) as readonly BitrixDriftKind[];

/** Returns the requested codes of `all`, each once and in order; by default all of them. */
export function requestedCodes<C>(
  all: readonly C[],
  requested: readonly C[] | null | undefined,
): readonly C[] {
  return requested ? all.filter((code) => requested.includes(code)) : all;
}

/** Returns the kinds whose lists, details or suspects these checks read. */
export function requiredReads(codes: readonly DataIssueCode[]) {
  const sought = codes.map((code) => checks[code]);
  return {
    lists: new Set(sought.flatMap(({ lists = [] }) => lists)),
    details: new Set(sought.flatMap(({ fields }) => Object.keys(fields) as Kind[])),
    suspectKinds: new Set(sought.flatMap(({ suspectKinds = [] }) => suspectKinds)),
  };
}

/** The issues found, and the records left out because a deciding field is unreadable. */
export interface FoundIssues<C> {
  readonly groups: readonly { readonly code: C; readonly issues: readonly Issue[] }[];
  readonly undecidable: FailedReads;
}

/**
 * Runs these checks, in steps. They see only Alma's data, not Bitrix's. `gone`: listed records that Alma no longer has.
 */
export function* findIssues<C extends DataIssueCode>(
  codes: readonly C[],
  data: IssueData,
  gone: ReadonlySet<CachedRecord>,
): Steps<FoundIssues<C>> {
  const groups: FoundIssues<C>["groups"][number][] = [];
  const undecidable = new Map<CachedRecord, FailedReads[number]>();
  for (const code of codes) {
    const { fields, find } = checks[code];
    const excluded = new Set(gone);
    for (const [kind, deciding] of Object.entries(fields) as [Kind, readonly string[]][]) {
      yield;
      for (const failed of findUndecidable(data.detailed(kind), deciding)) {
        undecidable.set(failed.record, failed);
        excluded.add(failed.record);
      }
    }
    groups.push({ code, issues: yield* find(without(excluded, data)) });
  }
  return { groups, undecidable: [...undecidable.values()] };
}

function without(excluded: ReadonlySet<CachedRecord>, data: IssueData): IssueData {
  if (excluded.size === 0) return data;
  const isIncluded = (record: CachedRecord) => !excluded.has(record);
  return {
    ...data,
    listed: (kind) => data.listed(kind).filter(isIncluded),
    detailed: (kind) => data.detailed(kind).filter(isIncluded),
  };
}
