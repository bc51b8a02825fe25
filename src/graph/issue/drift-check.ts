import { stripBlanks } from "../../alma/index.ts";
import type { CachedRecord, Kind, KnownFields } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";

/** The ways in which Alma's records and their Bitrix ids can drift apart, in the order of the report. */
export const driftKinds = [
  "MISSING_BITRIX_ID",
  "MALFORMED_BITRIX_ID",
  "DUPLICATE_BITRIX_ID",
  "DUPLICATE_ADDITIONAL_BITRIX_ID",
  "MISSING_ADDITIONAL_BITRIX_ID",
  "UNUSED_ADDITIONAL_BITRIX_ID",
  "ROOM_UNDER_WHOLE_LET_UNIT",
  "WHOLE_LET_UNIT_ALSO_A_ROOM",
  "TENANT_CONTRACT_ON_UNATTACHED_UNIT",
] as const;
export type DriftKind = (typeof driftKinds)[number];

/** One case of drift. */
export interface DriftCase {
  /** The Bitrix id in question; null if there is none. */
  readonly externalId: string | null;
  /** The records concerned; the first is to be corrected first. */
  readonly records: readonly CachedRecord[];
  /** Says what is wrong and what to do about it: written when it is shown, since there may be many cases. */
  readonly advice: () => string;
}

/** The records that checks read. */
export interface DriftData {
  /** The records in Alma's list of a kind, newest first, with at least their summaries. */
  readonly listed: (kind: Kind) => readonly CachedRecord[];
  /** The listed records of a kind that have their details. */
  readonly detailed: (kind: Kind) => readonly CachedRecord[];
  /** The unit with an Alma id, listed or not; undefined if it could not be read. */
  readonly unit: (id: number) => CachedRecord | undefined;
  /** The day in the configured time zone, as `YYYY-MM-DD`. */
  readonly today: string;
}

/**
 * A check for one kind of drift. It reads lists and details of whole kinds first; from these it selects suspects, whose
 * details are read too; then it finds the cases. It looks at all records of a kind, and so in steps.
 */
export interface DriftCheck {
  /** The kinds whose lists the check needs. */
  readonly lists: readonly Kind[];
  /** The kinds whose details the check needs, all of them. */
  readonly details: readonly Kind[];
  /** The kinds that suspects may have. */
  readonly suspectKinds: readonly Kind[];
  /** Records whose details decide and are not among `details`. */
  readonly suspects: (data: DriftData) => Steps<readonly CachedRecord[]>;
  /** The cases, once the suspects' details are known. */
  readonly find: (data: DriftData) => Steps<readonly DriftCase[]>;
}

/** The fields of a unit. */
export const asUnit = ({ value }: CachedRecord): KnownFields<"unit"> => value as KnownFields<"unit">;
/** The fields of a room. */
export const asRoom = ({ value }: CachedRecord): KnownFields<"room"> => value as KnownFields<"room">;

/** A record's own Bitrix id; null if it has none, undefined if Alma's answer had an invalid value. */
export function externalIdOf({ value, fieldErrors }: CachedRecord): string | null | undefined {
  if (fieldErrors?.externalId !== undefined) return undefined;
  return (value.externalId as string | null | undefined) ?? null;
}

/** A record's own Bitrix id for comparing: without the blanks around it. */
export function comparableIdOf(record: CachedRecord): string | null {
  const externalId = externalIdOf(record);
  return externalId == null ? null : stripBlanks(externalId);
}

/** A Bitrix id in messages. */
export const quote = (externalId: string): string => JSON.stringify(externalId);

/** So many records are looked at between two places where others may have their turn. */
const STRIDE = 512;

/** Maps each item to several in steps. */
export function* flatMapSteps<T, R>(items: readonly T[], mapper: (item: T) => readonly R[]): Steps<R[]> {
  const mapped: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    for (const result of mapper(item)) mapped.push(result);
  }
  return mapped;
}

/** Selects items in steps: of a whole kind, so that nothing is made for each of them. */
export function* filterSteps<T>(items: readonly T[], matches: (item: T) => boolean): Steps<T[]> {
  const selected: T[] = [];
  for (let index = 0; index < items.length; index++) {
    if (index % STRIDE === STRIDE - 1) yield;
    const item = items[index] as T;
    if (matches(item)) selected.push(item);
  }
  return selected;
}

/** Groups rows by key in steps, in order of first occurrence. Rows without a key are left out. */
export function* groupBySteps<T>(
  rows: readonly T[],
  keyOf: (row: T) => string | null | undefined,
): Steps<Map<string, T[]>> {
  const groups = new Map<string, T[]>();
  for (const [index, row] of rows.entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    const key = keyOf(row);
    if (key == null) continue;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Records in messages: `Unit:5, Unit:3`. */
export function formatRecords(records: readonly CachedRecord[]): string {
  const names = records.slice(0, 5).map(({ key }) => key);
  const more = records.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
