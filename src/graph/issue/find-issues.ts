import type { Kind } from "../../catalog/index.ts";
import type { DataIssueCode } from "../generated.ts";
import type { IssueCheck, OwnCode } from "./check.ts";
import * as contract from "./contract-check.ts";
import { type DriftKind, driftKinds } from "./drift-check.ts";
import { type DriftReads, requiredReads } from "./find-drift.ts";
import * as object from "./object-check.ts";
import { overlap } from "./overlap.ts";

/** The checks of what is wrong, but for what has come apart from Bitrix, in the order of the list. */
export const checks: Readonly<Record<OwnCode, IssueCheck>> = {
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
};

/** The codes that are asked for, each once, in the order of the list: those of checks, and those of drift. */
export interface SoughtCodes {
  readonly own: readonly OwnCode[];
  readonly drift: readonly DriftKind[];
}

/** All codes if none are given. */
export function soughtCodes(codes: readonly DataIssueCode[] | null | undefined): SoughtCodes {
  const isSought = (code: DataIssueCode) => !codes || codes.includes(code);
  return { own: (Object.keys(checks) as OwnCode[]).filter(isSought), drift: driftKinds.filter(isSought) };
}

/** What has to be read to find what is wrong in these ways. */
export function readsOf({ own, drift }: SoughtCodes): DriftReads {
  const { lists, details, suspectKinds } = requiredReads(drift);
  const ownChecks = own.map((code) => checks[code]);
  return {
    lists: new Set([...lists, ...ownChecks.flatMap((check) => check.lists)]),
    details: new Set([...details, ...ownChecks.flatMap(({ fields }) => Object.keys(fields) as Kind[])]),
    suspectKinds,
  };
}
