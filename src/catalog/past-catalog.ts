import { type Alma, type AlmaError, declarations } from "../alma/index.ts";
import { Catalog } from "./catalog.ts";
import type { Place } from "./history/logged-change.ts";
import type { Operation } from "./operation/operation.ts";
import { findRequested, type ReadRequest } from "./operation/read-plan.ts";
import { NOW, notKnownThen, PastRecord, READ_AT } from "./past/past-record.ts";
import type { Outcome } from "./reading/load.ts";
import type { CachedRecord } from "./record/cached-record.ts";
import { type Kind, kindDefinitions, kinds } from "./record/kind.ts";
import { NEVER } from "./record/source.ts";
import { assertUnambiguous } from "./shared-read/id-holder.ts";
import type { LookupKind } from "./store/lookup-cache.ts";
import type { LookupResult } from "./store/store.ts";

/** In milliseconds: of two readings, one that ended so much earlier than the other is applied before it. */
const DISORDER = 60_000;

/** The kinds that are not known as they were at a time, with the error that says so. */
export type UnknownKinds = ReadonlyMap<Kind, AlmaError>;

/**
 * What was known of Alma at a time of the past: the records of another catalog, of which the changes since are undone.
 * It changes with `goBack` alone, has no background work and makes no calls: lists decide which records there were.
 */
export class PastCatalog extends Catalog {
  readonly unknown: UnknownKinds;
  readonly #live: Catalog;
  /** The records that are to be shown otherwise. */
  readonly #touched = new Map<CachedRecord, PastRecord>();
  /** What became known until then is not undone yet; nor is any change before this place. */
  #time = Number.POSITIVE_INFINITY;
  #place: Place = { seq: Number.MAX_SAFE_INTEGER, n: 0 };

  private constructor(live: Catalog, unknown: UnknownKinds) {
    let now = NOW;
    super({
      alma: almaOf(live, unknown),
      clock: () => ++now,
      hasBackgroundWork: false,
      maxAge: Number.POSITIVE_INFINITY,
      catalogMaxAge: Number.POSITIVE_INFINITY,
      refreshRate: 0,
      warmUpConcurrency: 1,
      maxCalls: Number.POSITIVE_INFINITY,
      today: () => "",
    });
    this.unknown = unknown;
    this.#live = live;
    this.dates.of = () => new Date(this.#time);
  }

  /** Makes one of what a catalog knows, in slices. Rejects as `goBack` does. */
  static async of(live: Catalog, time: number, unknown: UnknownKinds): Promise<PastCatalog> {
    const past = new PastCatalog(live, unknown);
    const { slices, tables } = live.store;
    for (const kind of kinds) {
      if (unknown.has(kind)) continue;
      const table = past.store.tables[kind];
      await slices.forEach([...tables[kind].records], (cached) => {
        if (cached.hasBeenSeen || cached.isGone(NEVER))
          past.#touched.set(table.add(cached.id), new PastRecord(cached));
      });
    }
    await past.goBack(time);
    return past;
  }

  /** The time of which it is, by the wall clock. */
  get time(): number {
    return this.#time;
  }

  /**
   * Goes back to an earlier time, in slices, while nobody looks. Rejects with what the store of changes says; then it
   * is of no use any more.
   */
  async goBack(time: number): Promise<void> {
    const { changeLog, store } = this.#live;
    const until = this.#time;
    let place: Place | undefined;
    let isOver = false;
    for await (const page of changeLog.backwards(this.#place)) {
      await store.slices.forEach(page, (change) => {
        const at = change.wall.notAfter;
        isOver ||= at <= time - DISORDER;
        if (at <= time) place ??= { seq: change.seq, n: change.n + 1 };
        else if (!isOver && at <= until && !this.unknown.has(change.kind)) this.#pastOf(change).undo(change);
      });
      if (isOver) break;
    }
    this.#place = place ?? this.#place;
    this.#time = time;
    // At first, all are shown.
    if (Number.isFinite(until)) await this.#touchReferrers();
    await this.#show();
  }

  /** What shows a part of them is shown otherwise too. */
  async #touchReferrers(): Promise<void> {
    const { tables } = this.store;
    await this.#live.store.slices.forEach([...this.#touched.keys()], ({ kind, id }) => {
      for (const { kind: other, relation } of Object.values(kindDefinitions[kind].inverses))
        if (kindDefinitions[other].relations[relation]?.isEmbedded)
          for (const cached of tables[other].relationIndex.referrers(relation, [id])) this.#pastOf(cached);
    });
  }

  #pastOf({ kind, id }: { readonly kind: Kind; readonly id: number }): PastRecord {
    const cached = this.store.tables[kind].add(id);
    const past = this.#touched.get(cached) ?? new PastRecord(cached);
    this.#touched.set(cached, past);
    return past;
  }

  async #show(): Promise<void> {
    const { slices } = this.#live.store;
    const { tables } = this.store;
    const valuesOf = (kind: Kind, id: number) => {
      const cached = tables[kind].getRemembered(id);
      return cached && (this.#touched.get(cached) ?? { values: cached.value }).values;
    };
    const changed = new Set(kinds.filter((kind) => tables[kind].listAt !== READ_AT));
    await slices.forEach(this.#touched, ([cached, past]) => {
      past.showParts(valuesOf);
      if (cached.isListed !== past.isListed) changed.add(cached.kind);
      cached.isListed = past.isListed;
      cached.restore(past.toState(cached.key, this.#time), READ_AT);
      const { relationIndex } = tables[cached.kind];
      relationIndex.setParents(cached, relationIndex.parentsIn(cached));
    });
    this.#touched.clear();
    for (const kind of changed) {
      const table = tables[kind];
      if (this.unknown.has(kind)) continue;
      table.listed = [...table.records]
        .filter(({ isListed }) => isListed)
        .sort((one, other) => other.id - one.id);
      table.listAt = READ_AT;
      await slices.next();
    }
    await this.store.settleInSlices();
  }

  override async load(_operation: Operation, requests: readonly ReadRequest[]): Promise<Outcome[]> {
    return requests.map((request) => {
      const cached = findRequested(this.store, request);
      if (cached && cached.asOf(request.level) > request.cutoff) return cached;
      return this.#findError(request, cached);
    });
  }

  /** Why a record is not known; undefined if there was none. */
  #findError({ record }: ReadRequest, known: CachedRecord | undefined): AlmaError | undefined {
    const { unit, room } = this.store.tables;
    const possible = known
      ? [known]
      : "rentalObject" in record
        ? [unit, room].map((table) => table.get(record.rentalObject))
        : [];
    const ofKinds = known ? [known.kind] : (["unit", "room"] as const);
    const [unknown] = ofKinds.flatMap((kind) => this.unknown.get(kind) ?? []);
    if (unknown) return unknown;
    const failed = possible.find((cached) => cached?.failure);
    const isReferredTo = possible.some((cached) => cached?.membership && !cached.isGone(NEVER));
    return (
      failed?.failure?.error ??
      (isReferredTo ? notKnownThen(possible[0]?.key ?? "what it refers to") : undefined)
    );
  }

  override async readList(_operation: Operation, kind: Kind): Promise<void> {
    this.#assertKnown([kind]);
  }

  #assertKnown(asked: readonly Kind[]): void {
    for (const kind of asked) {
      const error = this.unknown.get(kind);
      if (error) throw error;
    }
  }

  override async lookUp(
    operation: Operation,
    kind: LookupKind,
    externalId: string,
    cutoff: number,
  ): Promise<LookupResult> {
    const tables = this.store.tablesOf(kind);
    this.#assertKnown(tables.map((table) => table.kind));
    if (kind !== "rentalObject") {
      const holders = tables.flatMap((table) => table.withId("externalId", externalId));
      assertUnambiguous(
        externalId,
        holders.filter((cached) => cached.isListed && !cached.isGone(NEVER)),
      );
    }
    operation.noteReading(READ_AT, cutoff);
    return { at: READ_AT, record: this.store.findKnown(kind, externalId) };
  }
}

/** Answers no call: the lists of unknown kinds are the only ones that are asked for. */
function almaOf(live: Catalog, unknown: UnknownKinds): Alma {
  const lists = [...unknown].map(([kind, error]) => [kind, { list: () => Promise.reject(error) }]);
  // Safe: nothing else is asked of it.
  return { slices: live.store.slices, state: () => ({}), ...Object.fromEntries(lists) } as unknown as Alma;
}

/** The kinds that are not known as they were at a time. Throws NOT_KNOWN_THEN if no kind is. */
export function findUnknown({ changeLog, store }: Catalog, time: number): UnknownKinds {
  const since = kinds.map((kind) => {
    const listed = store.tables[kind].knownSince ?? Number.POSITIVE_INFINITY;
    return [kind, Math.max(changeLog.knownSince([kind]), listed)] as const;
  });
  const unknown = since.filter(([, at]) => at > time);
  if (unknown.length === kinds.length)
    throw notKnownThen("every record", Math.min(...unknown.map(([, at]) => at)));
  return new Map(unknown.map(([kind, at]) => [kind, notKnownThen(`every ${declarations[kind].noun}`, at)]));
}
