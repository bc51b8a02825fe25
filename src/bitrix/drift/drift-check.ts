import type { CachedRecord, Kind, KnownFields } from "../../catalog/index.ts";

/** The ways in which Alma's records and their Bitrix ids can fall apart, in the order in which they are reported. */
export const driftKinds = [
  "MISSING_BITRIX_ID",
  "MALFORMED_BITRIX_ID",
  "DUPLICATE_BITRIX_ID",
  "DUPLICATE_ADDITIONAL_BITRIX_ID",
  "MISSING_ADDITIONAL_BITRIX_ID",
  "UNUSED_ADDITIONAL_BITRIX_ID",
  "ROOM_UNDER_WHOLE_LET_UNIT",
  "WHOLE_LET_UNIT_ALSO_A_ROOM",
] as const;
export type DriftKind = (typeof driftKinds)[number];

/** One thing to be put right. */
export interface DriftCase {
  /** The Bitrix id in question; null if there is none. */
  readonly externalId: string | null;
  /** The records concerned, the one to begin with first. */
  readonly records: readonly CachedRecord[];
  /** What is true, and what to do about it. */
  readonly advice: string;
}

/** What is known of Alma, as far as checks look at it. */
export interface DriftData {
  /** The records of a kind that Alma's list names, newest first: at least their summaries are known. */
  readonly listed: (kind: Kind) => readonly CachedRecord[];
  /** Those of them of which everything is known. */
  readonly detailed: (kind: Kind) => readonly CachedRecord[];
  /** The unit of an id, listed or not; undefined if it could not be read. */
  readonly unit: (id: number) => CachedRecord | undefined;
}

/** Looks for one kind of drift. */
export interface DriftCheck {
  /** The kinds whose lists it reads. */
  readonly lists: readonly Kind[];
  /** The kinds of which it reads every detail. */
  readonly details: readonly Kind[];
  /** The kinds of its suspects. */
  readonly suspectKinds: readonly Kind[];
  /** The records of which the details decide, beside those that it reads anyway. */
  readonly suspects: (data: DriftData) => readonly CachedRecord[];
  /** What is wrong, when everything about the suspects is known. */
  readonly find: (data: DriftData) => readonly DriftCase[];
}

export const asUnit = ({ value }: CachedRecord): KnownFields<"unit"> => value as KnownFields<"unit">;
export const asRoom = ({ value }: CachedRecord): KnownFields<"room"> => value as KnownFields<"room">;

/** A record's own Bitrix id; null if it has none, undefined if Alma answered it unreadably. */
export function externalIdOf({ value, fieldErrors: faults }: CachedRecord): string | null | undefined {
  if (faults?.externalId !== undefined) return undefined;
  return (value.externalId as string | null | undefined) ?? null;
}

/** A Bitrix id as a message names it. */
export const quote = (externalId: string): string => JSON.stringify(externalId);

/** Rows by a key that they may lack, in the order of their first. */
export function groupBy<T>(
  rows: readonly T[],
  keyOf: (row: T) => string | null | undefined,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key == null) continue;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Records as a message names them: `Unit:5, Unit:3`. */
export function formatRecords(records: readonly CachedRecord[]): string {
  const names = records.slice(0, 5).map(({ key }) => key);
  const more = records.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
