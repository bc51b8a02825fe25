import { type Alma, type AlmaError, declarations, inSlices, yieldToEventLoop } from "../../alma/index.ts";
import {
  assertUnambiguous,
  byKind,
  type CachedRecord,
  type Catalog,
  createCatalog,
  findRequested,
  type Kind,
  kindDefinitions,
  kinds,
  type LogPlace,
  NEVER,
  type Operation,
  type ReadRequest,
} from "../../catalog/index.ts";
import { changeLogOf } from "./change-log.ts";
import { notKnownThenError, PAST_NOW, PAST_READ_AT, PastRecord } from "./past-record.ts";

/** The shortest time between the ends of two readings, in milliseconds, after which their order is certain. */
const DISORDER = 60_000;

/** The kinds whose data is not known at a time, each with its error. */
type UnknownKinds = ReadonlyMap<Kind, AlmaError>;

/**
 * Creates a catalog of Alma's data as known at a past time: the records of another catalog, with later changes undone,
 * in slices. It changes only by `goBack`, has no background work and makes no calls: lists decide which records
 * existed. Rejects like `goBack`.
 */
export async function createPastCatalog(live: Catalog, time: number, unknown: UnknownKinds) {
  const changeLog = changeLogOf(live);
  let now = PAST_NOW;
  const catalog = createCatalog({
    alma: almaOf(unknown),
    clock: () => ++now,
    maxAge: Infinity,
    catalogMaxAge: Infinity,
    maxCalls: Infinity,
    today: () => "",
  });
  const { store } = catalog;
  const { tables } = store;
  /** The records that differ from the shown ones, by id. */
  const touched = byKind(() => new Map<number, PastRecord>());
  /** The time shown so far. Changes before it, or before this position, are not undone yet. */
  let shownTime = Infinity;
  let shownMoment = Infinity;
  let place: LogPlace = { seq: Number.MAX_SAFE_INTEGER, n: 0 };
  /** The lead of the wall clock over the catalog's clock, and its term: the next process has another lead. */
  let offset = wallClockOffset(live);
  let { term } = changeLog;
  catalog.dates.of = () => new Date(readUntil());

  for (const kind of kinds) {
    if (unknown.has(kind)) continue;
    await inSlices([...live.store.tables[kind].records], (cached) => {
      const isGone = cached.isGone(NEVER);
      if (cached.hasBeenSeen || isGone)
        touched[kind].set(cached.id, new PastRecord(cached, isGone && !cached.isDoubtfullyGone));
    });
  }
  await goBack(time);

  /**
   * Goes back to an earlier time, in slices, while nothing reads the catalog. Rejects with the error of the store of
   * changes; the catalog is then unusable.
   */
  async function goBack(earlier: number) {
    const [until, momentBefore] = [shownTime, shownMoment];
    /** The time by the catalog's clock, which is never set back; known once an earlier change is reached. */
    let moment = -Infinity;
    let reached: LogPlace | undefined;
    let isOver = false;
    for await (const page of changeLog.backwards(place)) {
      await inSlices(page, (change) => {
        const { notAfter, wall, seq, n } = change;
        if (!reached) {
          const ownOffset = wall.notAfter - notAfter;
          // If a clock that was set back showed a time twice, this is the later occurrence.
          const isBeforeSetBack = notAfter <= earlier - offset - (change.term === term ? 0 : DISORDER);
          if (isBeforeSetBack || wall.notAfter <= earlier) {
            moment = earlier - (wall.notAfter <= earlier ? ownOffset : offset);
            reached = { seq, n: n + 1 };
          }
          ({ term } = change);
          offset = ownOffset;
        }
        isOver ||= Math.min(notAfter - moment, wall.notAfter - earlier) <= -DISORDER;
        const isLater = notAfter > moment && (!reached || wall.notAfter > earlier);
        const isUndone = notAfter > momentBefore && wall.notAfter > until;
        if (isLater && !isUndone && !isOver && !unknown.has(change.kind)) pastOf(change).undo(change);
      });
      if (isOver) break;
    }
    place = reached ?? place;
    shownTime = earlier;
    shownMoment = moment;
    // The first call shows all records.
    if (Number.isFinite(until)) {
      await touchNewlyUnknown(until);
      await touchReferrers();
    }
    await show();
  }

  /** Returns whether data known since a time was known at the shown time. */
  function wasKnown(since: number) {
    return changeLog.readPeriods.wasKnown(since, shownTime);
  }

  /** Returns the earliest possible time at which everything had been read before the shown time. */
  const readUntil = () =>
    changeLog.readPeriods.before(shownTime) ?? Math.min(shownTime, changeLog.knownSince(kinds));

  /** Also updates records that are known either at the shown time or at another, but not at both. */
  async function touchNewlyUnknown(until: number) {
    const { readPeriods } = changeLog;
    const isOther = (since: number | undefined) =>
      since !== undefined && readPeriods.wasKnown(since, until) !== readPeriods.wasKnown(since, shownTime);
    for (const kind of kinds)
      await inSlices([...tables[kind].records], (cached) => {
        if (isOther(cached.knownSince) || isOther(cached.mentionedSince)) pastOf(cached);
      });
  }

  /** Also updates records that contain a part of a changed record. */
  async function touchReferrers() {
    const changed = kinds.flatMap((kind) => [...touched[kind].keys()].map((id) => [kind, id] as const));
    await inSlices(changed, ([kind, id]) => {
      for (const { kind: other, relation } of Object.values(kindDefinitions[kind].inverses))
        if (kindDefinitions[other].relations[relation]?.isEmbedded)
          for (const cached of tables[other].relationIndex.referrers(relation, [id])) pastOf(cached);
    });
  }

  function pastOf({ kind, id }: { readonly kind: Kind; readonly id: number }) {
    const past = touched[kind].get(id) ?? new PastRecord(tables[kind].add(id));
    touched[kind].set(id, past);
    return past;
  }

  async function show() {
    const valuesOf = (kind: Kind, id: number) =>
      touched[kind].get(id)?.values ?? tables[kind].getRemembered(id)?.value;
    for (const kind of kinds) {
      const table = tables[kind];
      const { relationIndex } = table;
      let isChanged = table.listAt !== PAST_READ_AT;
      await inSlices(touched[kind], ([id, past]) => {
        past.showParts(valuesOf);
        const cached = table.add(id);
        isChanged ||= cached.isListed !== past.isListed;
        cached.isListed = past.isListed;
        cached.restore(past.toState(cached.key, wasKnown), PAST_READ_AT);
        relationIndex.setParents(cached, relationIndex.parentsIn(cached));
      });
      if (!isChanged || unknown.has(kind)) continue;
      table.listed = [...table.records]
        .filter(({ isListed }) => isListed)
        .sort((one, other) => other.id - one.id);
      table.listAt = PAST_READ_AT;
      await yieldToEventLoop();
    }
    for (const kind of kinds) touched[kind].clear();
    await store.settleInSlices();
  }

  /** Explains why a record is not known; undefined if it did not exist. */
  function findError({ record }: ReadRequest, known: CachedRecord | undefined) {
    const possible = known
      ? [known]
      : "rentalObject" in record
        ? [tables.unit, tables.room].map((table) => table.get(record.rentalObject))
        : [];
    const ofKinds = known ? [known.kind] : (["unit", "room"] as const);
    const [unknownError] = ofKinds.flatMap((kind) => unknown.get(kind) ?? []);
    if (unknownError) return unknownError;
    const failed = possible.find((cached) => cached?.failure);
    const isReferredTo = possible.some((cached) => cached?.membership && !cached.isGone(NEVER));
    return (
      failed?.failure?.error ??
      (isReferredTo ? notKnownThenError(possible[0]?.key ?? "what it refers to") : undefined)
    );
  }

  function assertKnown(asked: readonly Kind[]) {
    for (const kind of asked) {
      const error = unknown.get(kind);
      if (error) throw error;
    }
  }

  const lookUp: Catalog["lookUp"] = async (operation, kind, externalId, cutoff) => {
    const sought = store.tablesOf(kind);
    assertKnown(sought.map((table) => table.kind));
    if (kind !== "rentalObject") {
      const holders = sought.flatMap((table) => table.withId("externalId", externalId));
      assertUnambiguous(
        externalId,
        holders.filter((cached) => cached.isListed && !cached.isGone(NEVER)),
      );
    }
    operation.noteReading(PAST_READ_AT, cutoff);
    return { at: PAST_READ_AT, record: store.findKnown(kind, externalId) };
  };

  return {
    ...catalog,
    unknown,
    /** The shown time, by the wall clock. */
    get time() {
      return shownTime;
    },
    /** Warnings for callers about the answers. */
    get warnings(): readonly string[] {
      const [asked, read] = [shownTime, readUntil()].map((time) => new Date(time).toISOString());
      return [
        ...(changeLog.readPeriods.isGap(shownTime)
          ? [`Nothing was read from Alma between ${read} and ${asked}: what was known then is shown.`]
          : []),
        ...(changeLog.readPeriods.isRepeated(shownTime)
          ? [`${asked} happened twice, since the gateway's clock was set back: the later one is shown.`]
          : []),
      ];
    },
    goBack,
    load: async (_operation: Operation, requests: readonly ReadRequest[]) =>
      requests.map((request) => {
        const cached = findRequested(store, request);
        if (cached && cached.asOf(request.level) > request.cutoff) return cached;
        return findError(request, cached);
      }),
    readList: async (_operation: Operation, kind: Kind) => assertKnown([kind]),
    lookUp,
  };
}

export type PastCatalog = Awaited<ReturnType<typeof createPastCatalog>>;

/** Milliseconds by which the wall clock is ahead of a catalog's clock; changes only if the wall clock is set. */
export const wallClockOffset = ({ dates }: Catalog): number => dates.of(0).getTime();

/** Returns an Alma client that answers no calls: only lists of unknown kinds are requested. */
function almaOf(unknown: UnknownKinds) {
  const lists = [...unknown].map(([kind, error]) => [kind, { list: () => Promise.reject(error) }]);
  // Safe: nothing else is used.
  return { state: () => ({}), ...Object.fromEntries(lists) } as unknown as Alma;
}

/** Finds the kinds not known at a time. Throws NOT_KNOWN_THEN if no kind is known. */
export function findUnknownKinds(live: Catalog, time: number): UnknownKinds {
  const changeLog = changeLogOf(live);
  const since = kinds.map((kind) => {
    const listed = live.store.tables[kind].knownSince ?? Infinity;
    return [kind, Math.max(changeLog.knownSince([kind]), listed)] as const;
  });
  const unknown = since.filter(([, at]) => !changeLog.readPeriods.wasKnown(at, time));
  if (unknown.length === kinds.length)
    throw notKnownThenError("every record", Math.min(...unknown.map(([, at]) => at)));
  return new Map(
    unknown.map(([kind, at]) => [kind, notKnownThenError(`every ${declarations[kind].noun}`, at)]),
  );
}
