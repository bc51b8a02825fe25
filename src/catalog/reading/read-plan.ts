import { type CachedRecord, DETAIL, EXISTS, type Level, SUMMARY } from "../store/cached-record.ts";
import type { Kind } from "../store/kind.ts";
import type { Store } from "../store/store.ts";

/** A record that a caller needs, how well, and how old it may be. Of a rental object the kind may be unknown. */
export interface ReadRequest {
  readonly record: CachedRecord | { readonly rentalObject: number };
  readonly level: Level;
  /** The reading must be from a time after this. */
  readonly cutoff: number;
}

/** One call to Alma. */
export type PlannedRead =
  | { readonly list: Kind; readonly cutoff: number }
  | { readonly detail: CachedRecord; readonly cutoff: number };

/** Kinds whose details show parts of records of other kinds. */
const EMBEDDED_BY: Partial<Record<Kind, readonly Kind[]>> = { unit: ["room"], building: ["unit", "room"] };

/**
 * Chooses the fewest calls that bring wanted records nearer. Pure: it is asked again after every round of reads,
 * with what is still wanted, until nothing is.
 *
 * - What needs a detail is a detail, and comes first if its parts may answer the others.
 * - Two or more of a kind that need no more than their list shows are that list.
 * - Units are told from rooms by the units list: what it does not name is asked for as a room, then as a unit.
 */
export function planReads(store: Store, requests: readonly ReadRequest[]): PlannedRead[] {
  const round = new ReadRound();
  const summaryRequests = new Map<Kind, ReadRequest[]>();
  const unknownKind: ReadRequest[] = [];
  for (const request of requests) {
    const cached = findRequested(store, request);
    if (!cached) unknownKind.push(request);
    else if (request.level === DETAIL || store.tables[cached.kind].isListKnown(request.cutoff))
      round.addDetail(cached, request.cutoff);
    else {
      const group = summaryRequests.get(cached.kind) ?? [];
      group.push({ ...request, record: cached });
      summaryRequests.set(cached.kind, group);
    }
  }
  for (const [kind, group] of summaryRequests) {
    const remaining = group.filter((request) => !round.joinDetail(request));
    if (remaining.length > 0) summaryRequests.set(kind, remaining);
    else summaryRequests.delete(kind);
  }
  const isEmbeddedInRound = (kind: Kind) =>
    EMBEDDED_BY[kind]?.some((other) => round.detailKinds.has(other)) ?? false;
  const deferred = [...summaryRequests.keys()].filter(isEmbeddedInRound);
  if (unknownKind.length > 0 && !round.detailKinds.has("room")) planUnknownKind(store, unknownKind, round);
  for (const [kind, group] of summaryRequests)
    if (!deferred.includes(kind)) planSummaries(kind, group, round);
  return round.toReads();
}

/** Of which kind the wanted record is, if that is known. */
export function findRequested(store: Store, request: ReadRequest): CachedRecord | undefined {
  const { record } = request;
  return "rentalObject" in record ? store.findRentalObject(record.rentalObject) : record;
}

/** Records that their list would do for: alone as a detail, together as the list. */
function planSummaries(kind: Kind, group: readonly ReadRequest[], round: ReadRound): void {
  const [only] = group;
  const distinct = new Set(group.map((request) => request.record));
  if (distinct.size === 1 && only && !("rentalObject" in only.record))
    round.addDetail(only.record, only.cutoff);
  else for (const request of group) round.addList(kind, request.cutoff);
}

/** Rental objects of unknown kind. */
function planUnknownKind(store: Store, requests: readonly ReadRequest[], round: ReadRound): void {
  const { unit, room } = store.tables;
  const distinct = new Set(requests.map(({ record }) => "rentalObject" in record && record.rentalObject));
  for (const { record, level, cutoff } of requests) {
    if (!("rentalObject" in record)) continue;
    const id = record.rentalObject;
    if (!unit.isListKnown(cutoff)) round.addList("unit", cutoff);
    else if (room.getOrCreate(id).isGone(cutoff)) round.addDetail(unit.getOrCreate(id), cutoff);
    else if (level === DETAIL || distinct.size === 1 || room.isListKnown(cutoff))
      round.addDetail(room.getOrCreate(id), cutoff);
    else round.addList("room", cutoff);
  }
}

/** Whether nothing has to be read any more for a want: it is known, or known not to be. */
export function isMet(store: Store, request: ReadRequest): boolean {
  const cached = findRequested(store, request);
  if (cached) return cached.asOf(request.level) > request.cutoff || cached.isGone(request.cutoff);
  if (!("rentalObject" in request.record)) return false;
  const id = request.record.rentalObject;
  const isGone = (kind: "unit" | "room") => store.tables[kind].get(id)?.isGone(request.cutoff) ?? false;
  return isGone("room") && isGone("unit");
}

class ReadRound {
  readonly detailKinds = new Set<Kind>();
  readonly #lists = new Map<Kind, number>();
  readonly #details = new Map<CachedRecord, number>();

  addDetail(cached: CachedRecord, cutoff: number): void {
    this.#details.set(cached, Math.max(cutoff, this.#details.get(cached) ?? cutoff));
    this.detailKinds.add(cached.kind);
  }

  /** Whether the wanted record's detail is read anyway, from now on for this want too. */
  joinDetail({ record, cutoff }: ReadRequest): boolean {
    if ("rentalObject" in record || !this.#details.has(record)) return false;
    this.addDetail(record, cutoff);
    return true;
  }

  addList(kind: Kind, cutoff: number): void {
    this.#lists.set(kind, Math.max(cutoff, this.#lists.get(kind) ?? cutoff));
  }

  toReads(): PlannedRead[] {
    return [
      ...[...this.#lists].map(([list, cutoff]) => ({ list, cutoff })),
      ...[...this.#details].map(([detail, cutoff]) => ({ detail, cutoff })),
    ];
  }
}

/** How well a record must be known for these fields. */
export function requiredLevel(summary: readonly string[], fields: Iterable<string>): Level {
  let level: Level = EXISTS;
  for (const field of fields) {
    if (!summary.includes(field)) return DETAIL;
    level = SUMMARY;
  }
  return level;
}
