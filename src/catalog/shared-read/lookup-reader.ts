import { type Alma, AlmaError, type Clock } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { answersTo } from "../record/detail-fact.ts";
import type { LookupKind } from "../store/lookup-cache.ts";
import type { LookupResult, Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import {
  assertUnambiguous,
  assertUnambiguousIn,
  findHolders,
  hasExternalId,
  type Sought,
} from "./id-holder.ts";
import type { Reader } from "./reader.ts";
import type { SharedRead, SingleFlight, Waiter } from "./shared-read.ts";

/** The readings that a lookup must be newer than, and the list in which it searches an id that Alma does not find. */
interface LookupCutoffs {
  readonly cutoff: number;
  readonly listCutoff: number;
}

/**
 * Asks Alma for records by Bitrix id; simultaneous lookups of one id are one call. All throw the AlmaError of a failed
 * lookup, the waiter's `stopReason`, or ALMA_UNAVAILABLE once the reader is stopped.
 */
export function createLookupReader(
  alma: Alma,
  store: Store,
  clock: Clock,
  reader: Reader,
  sharedReads: SingleFlight,
) {
  /**
   * The remembered record with a Bitrix id that Alma, asked at `notFoundAt`, did not find by it: a listed one before
   * others. Lists that were not read since `listCutoff` are read first, but for the list of buildings, which shows no
   * Bitrix ids (Alma: Buildings); a record that a write has made since then would have been found. Throws AMBIGUOUS_REF
   * if several listed ones have it.
   */
  async function findRemembered(
    sought: Sought,
    notFoundAt: number,
    listCutoff: number,
    sharedRead: SharedRead,
  ): Promise<CachedRecord | undefined> {
    const { externalId, tables } = sought;
    const unread = tables.filter(({ kind, listAt }) => kind !== "building" && !(listAt > listCutoff));
    await Promise.all(
      unread.map(({ kind }) => reader.readDecidingList(kind, notFoundAt, listCutoff, sharedRead)),
    );
    const times = { cutoff: notFoundAt, since: notFoundAt };
    const records = tables.flatMap((table) => [...table.records]);
    const holders = await findHolders(records, sought, times, holderReads(times, sharedRead));
    const listed = holders.filter(({ isListed }) => isListed);
    assertUnambiguous(externalId, listed);
    return listed[0] ?? holders.at(-1);
  }

  function holderReads(
    { cutoff, since }: { readonly cutoff: number; readonly since: number },
    sharedRead: SharedRead,
  ) {
    return {
      readList: ({ kind }: Table) => reader.readList(kind, cutoff, since, sharedRead),
      readDetails: (records: readonly CachedRecord[]) =>
        Promise.all(records.map((cached) => reader.readDetail(cached, cutoff, since, sharedRead))),
    };
  }

  /** Throws why a lookup by Bitrix id failed: AMBIGUOUS_REF if several records have the id, else `error`. */
  async function explainFailure(
    error: unknown,
    sought: Sought,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<never> {
    if (!(error instanceof AlmaError && error.isAboutRecord)) throw error;
    const times = { cutoff, since: clock() };
    await assertUnambiguousIn(sought, times, holderReads(times, sharedRead));
    throw error;
  }

  /** Asks Alma which record has a Bitrix id; its first word on a building is its last (Alma: Buildings). */
  async function ask(kind: LookupKind, externalId: string, sharedRead: SharedRead) {
    if (kind === "rentalObject") {
      const { asOf, value, isConclusive } = await alma.rentalObject(externalId, sharedRead);
      return { asOf, isConclusive, record: value && store.applyRentalObject(value, asOf) };
    }
    const { asOf, match, isConclusive } = await alma[kind].get({ externalId }, sharedRead);
    return {
      asOf,
      isConclusive: isConclusive || kind === "building",
      record: match && store.applyDetail(kind, match, asOf, clock()),
    };
  }

  /** Decides an inconclusive 404 of `notFoundAt` by the lists. */
  async function decideByLists(
    kind: LookupKind,
    sought: Sought,
    notFoundAt: number,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<LookupResult> {
    const { externalId, tables } = sought;
    const decidedAfter = Math.max(cutoff, store.lookupsInvalidatedAt(kind));
    const lists = tables.map((table) =>
      reader.readDecidingList(table.kind, notFoundAt, decidedAfter, sharedRead),
    );
    const at = Math.min(...(await Promise.all(lists)));
    const times = { cutoff, since: notFoundAt };
    const listed = tables.map((table) => table.listed);
    // As in Alma, a room goes before a unit.
    const holders =
      kind === "rentalObject"
        ? listed
            .map((records) => records.filter(hasExternalId(externalId)))
            .findLast(({ length }) => length > 0)
        : await findHolders(listed.flat(), sought, times, holderReads(times, sharedRead));
    assertUnambiguous(externalId, holders ?? []);
    return { at, record: holders?.[0] };
  }

  return {
    /** Whether a lookup of this Bitrix id is under way, so that joining it costs no call. */
    isLookingUp: (kind: LookupKind, externalId: string) => sharedReads.isReading(lookupKey(kind, externalId)),

    /**
     * Asks Alma which record has a Bitrix id, or which unit or room fits it best (Alma: Rental object), and stores the
     * answer. Lists decide an inconclusive 404, all lookups whose cut-offs are earlier at once. After a conclusive 404,
     * a record that is remembered with the id is asked for by its Alma id: Alma may keep the id with blanks around it.
     * Throws AMBIGUOUS_REF if several have it.
     */
    lookUp(kind: LookupKind, externalId: string, { cutoff, listCutoff }: LookupCutoffs, waiter: Waiter) {
      const isHolder =
        kind === "rentalObject"
          ? (cached: CachedRecord) => answersTo(cached, externalId)
          : hasExternalId(externalId);
      const sought = { externalId, tables: store.tablesOf(kind), isHolder };
      const getKnown = () => store.getLookup(kind, externalId, cutoff);
      return sharedReads.readUntilKnown(lookupKey(kind, externalId), getKnown, waiter, async (sharedRead) => {
        const { asOf, record, isConclusive } = await ask(kind, externalId, sharedRead).catch((error) =>
          explainFailure(error, sought, cutoff, sharedRead),
        );
        const result =
          record || isConclusive
            ? {
                at: asOf,
                record: record ?? (await findRemembered(sought, asOf, listCutoff, sharedRead)),
              }
            : await decideByLists(kind, sought, asOf, cutoff, sharedRead);
        store.setLookup(kind, externalId, result);
      });
    },
  };
}

export type LookupReader = ReturnType<typeof createLookupReader>;

const lookupKey = (kind: LookupKind, externalId: string): string => `${kind} of ${externalId}`;
