import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import { duplicateAdditionalId, missingAdditionalId, unusedAdditionalId } from "./additional-id.ts";
import {
  type DriftCase,
  type DriftCheck,
  type DriftData,
  type DriftKind,
  driftKinds,
} from "./drift-check.ts";
import { duplicateExternalId, malformedExternalId, missingExternalId } from "./external-id.ts";
import { contractOnUnattachedUnit } from "./unattached-unit.ts";
import { roomUnderWholeLetUnit, wholeLetUnitAlsoRoom } from "./whole-let.ts";

/** The check of each kind of drift. */
const checks: Readonly<Record<DriftKind, DriftCheck>> = {
  MISSING_BITRIX_ID: missingExternalId,
  MALFORMED_BITRIX_ID: malformedExternalId,
  DUPLICATE_BITRIX_ID: duplicateExternalId,
  DUPLICATE_ADDITIONAL_BITRIX_ID: duplicateAdditionalId,
  MISSING_ADDITIONAL_BITRIX_ID: missingAdditionalId,
  UNUSED_ADDITIONAL_BITRIX_ID: unusedAdditionalId,
  ROOM_UNDER_WHOLE_LET_UNIT: roomUnderWholeLetUnit,
  WHOLE_LET_UNIT_ALSO_A_ROOM: wholeLetUnitAlsoRoom,
  TENANT_CONTRACT_ON_UNATTACHED_UNIT: contractOnUnattachedUnit,
};

/** The kinds of records whose lists, details or suspects the checks read. */
export interface DriftReads {
  readonly lists: ReadonlySet<Kind>;
  readonly details: ReadonlySet<Kind>;
  readonly suspectKinds: ReadonlySet<Kind>;
}

/** All cases of one kind. */
export interface DriftGroup {
  readonly kind: DriftKind;
  readonly cases: readonly DriftCase[];
}

/** Records that a report leaves out. */
export interface ExcludedRecords {
  /** Suspects that could not be read. They are left out only of the checks that their details decide. */
  readonly failedReads: ReadonlySet<CachedRecord>;
  /** Listed records that Alma no longer has. */
  readonly gone: ReadonlySet<CachedRecord>;
}

/** The requested kinds in the order of the report, without duplicates; by default all. */
export function selectKinds(requested?: readonly DriftKind[] | null): readonly DriftKind[] {
  return requested ? driftKinds.filter((kind) => requested.includes(kind)) : driftKinds;
}

/** The kinds of records that have to be read to find some kinds of drift. */
export function requiredReads(kinds: readonly DriftKind[]): DriftReads {
  const kindsFor = (property: "lists" | "details" | "suspectKinds") =>
    new Set(kinds.flatMap((kind) => checks[kind][property]));
  return { lists: kindsFor("lists"), details: kindsFor("details"), suspectKinds: kindsFor("suspectKinds") };
}

/** The records whose details have to be read before `findDrift`, in addition to `requiredReads`. */
export function* findSuspects(
  kinds: readonly DriftKind[],
  data: DriftData,
): Steps<ReadonlySet<CachedRecord>> {
  const suspects = new Set<CachedRecord>();
  for (const kind of kinds) {
    yield;
    for (const suspect of yield* checks[kind].suspects(data)) suspects.add(suspect);
  }
  return suspects;
}

/**
 * Finds where Alma's records and their Bitrix ids have drifted apart, in steps. It sees Alma's data only, not Bitrix's.
 */
export function* findDrift(
  kinds: readonly DriftKind[],
  data: DriftData,
  { failedReads, gone }: ExcludedRecords,
): Steps<DriftGroup[]> {
  const groups: DriftGroup[] = [];
  for (const kind of kinds) {
    yield;
    const check = checks[kind];
    const unreadSuspects =
      failedReads.size > 0
        ? new Set((yield* check.suspects(data)).filter((cached) => failedReads.has(cached)))
        : failedReads;
    const isIncluded = (cached: CachedRecord) => !unreadSuspects.has(cached) && !gone.has(cached);
    const isComplete = unreadSuspects.size === 0 && gone.size === 0;
    const cases = yield* check.find(isComplete ? data : filterRecords(data, isIncluded));
    groups.push({ kind, cases });
  }
  return groups;
}

function filterRecords(
  { listed, detailed, unit, today }: DriftData,
  isIncluded: (cached: CachedRecord) => boolean,
): DriftData {
  return {
    listed: (kind) => listed(kind).filter(isIncluded),
    detailed: (kind) => detailed(kind).filter(isIncluded),
    unit: (id) => {
      const cached = unit(id);
      return cached && isIncluded(cached) ? cached : undefined;
    },
    today,
  };
}
