import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kindDefinitions } from "../record/kind.ts";
import { DETAIL, EXISTS, type Level, SUMMARY } from "../record/source.ts";
import type { Store } from "../store/store.ts";

/** A record that a caller needs, at which level and how fresh. */
export interface ReadRequest {
  /** The record, or the id of a rental object if it is unknown whether that is a unit or a room. */
  readonly record: CachedRecord | { readonly rentalObject: number };
  readonly level: Level;
  /** The record must have been read after this time. */
  readonly cutoff: number;
}

/** A detail to read, unless it was read after `cutoff`. */
export interface DetailRead {
  readonly detail: CachedRecord;
  readonly cutoff: number;
}

/** One call to Alma, whose data must be read after `cutoff`. */
export type PlannedRead = { readonly list: Kind; readonly cutoff: number } | DetailRead;

/**
 * Plans one round of reads with the fewest calls. The caller plans further rounds for requests that are not yet
 * satisfied.
 * - A request for all fields reads the detail. Requests for records that may be embedded in details of this round wait
 *   for the next round.
 * - Requests for summary fields read the list if they concern two or more records of a kind and the list is not known
 *   yet, else the details.
 * - The list of units decides whether an id is a unit's or a room's. An id that is not in it is read as a room, then as
 *   a unit.
 */
export function planReads(store: Store, requests: readonly ReadRequest[]): PlannedRead[] {
  const round = new ReadRound();
  const summaryRequests = new Map<Kind, DetailRead[]>();
  const unknownKind: ReadRequest[] = [];
  for (const request of requests) {
    const { level, cutoff } = request;
    const detail = findRequested(store, request);
    if (!detail) unknownKind.push(request);
    else if (level === DETAIL || store.tables[detail.kind].isListKnown(cutoff))
      round.addDetail(detail, cutoff);
    else {
      const group = summaryRequests.get(detail.kind) ?? [];
      group.push({ detail, cutoff });
      summaryRequests.set(detail.kind, group);
    }
  }
  for (const [kind, group] of summaryRequests) {
    const remaining = group.filter((read) => !round.joinDetail(read));
    if (remaining.length > 0) summaryRequests.set(kind, remaining);
    else summaryRequests.delete(kind);
  }
  const isEmbeddedInRound = (kind: Kind) => [...round.detailKinds].some((other) => mayEmbed(other, kind));
  const deferred = [...summaryRequests.keys()].filter(isEmbeddedInRound);
  if (unknownKind.length > 0 && !round.detailKinds.has("room")) planUnknownKind(store, unknownKind, round);
  for (const [kind, group] of summaryRequests)
    if (!deferred.includes(kind)) planSummaries(kind, group, round);
  return round.toReads();
}

/** Returns whether a detail of `kind` may embed a record of kind `other`. */
function mayEmbed(kind: Kind, other: Kind) {
  const relations = Object.values(kindDefinitions[kind].relations);
  return relations.some(({ isEmbedded, to }) => isEmbedded && to.includes(other));
}

/** Returns the requested record; undefined for a rental object of unknown kind. */
export function findRequested(store: Store, request: ReadRequest): CachedRecord | undefined {
  const { record } = request;
  return "rentalObject" in record ? store.findRentalObject(record.rentalObject) : record;
}

/** Plans requests for summary fields: the detail for a single record, the list for several. */
function planSummaries(kind: Kind, group: readonly DetailRead[], round: ReadRound) {
  const [only] = group;
  const distinct = new Set(group.map(({ detail }) => detail));
  if (distinct.size === 1 && only) round.addDetail(only.detail, only.cutoff);
  else for (const { cutoff } of group) round.addList(kind, cutoff);
}

/** Plans requests for rental objects of unknown kind. */
function planUnknownKind(store: Store, requests: readonly ReadRequest[], round: ReadRound) {
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

/**
 * Returns whether a request needs no more reads: the record is known at the requested level, or known to be missing.
 */
export function isSatisfied(store: Store, request: ReadRequest): boolean {
  const cached = findRequested(store, request);
  if (cached) return cached.asOf(request.level) > request.cutoff || cached.isGone(request.cutoff);
  if (!("rentalObject" in request.record)) return false;
  const id = request.record.rentalObject;
  const isGone = (kind: "unit" | "room") => store.tables[kind].get(id)?.isGone(request.cutoff) ?? false;
  return isGone("room") && isGone("unit");
}

/** The reads of one round: each list and detail once, with the latest cut-off of all its requests. */
class ReadRound {
  readonly detailKinds = new Set<Kind>();
  readonly #lists = new Map<Kind, number>();
  readonly #details = new Map<CachedRecord, number>();

  addDetail(cached: CachedRecord, cutoff: number): void {
    this.#details.set(cached, Math.max(cutoff, this.#details.get(cached) ?? cutoff));
    this.detailKinds.add(cached.kind);
  }

  /** Adds a cut-off to the read of a detail, if this round has one. Returns whether it does. */
  joinDetail({ detail, cutoff }: DetailRead): boolean {
    if (!this.#details.has(detail)) return false;
    this.addDetail(detail, cutoff);
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

/** Returns the lowest level that has all these fields. `summary`: the fields shown by the record's list. */
export function requiredLevel(summary: readonly string[], fields: Iterable<string>): Level {
  let level: Level = EXISTS;
  for (const field of fields) {
    if (!summary.includes(field)) return DETAIL;
    level = SUMMARY;
  }
  return level;
}
