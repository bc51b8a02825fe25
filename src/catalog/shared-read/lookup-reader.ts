import { type Alma, AlmaError, type Clock } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { FieldValues } from "../record/source.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import {
  answersTo,
  assertUnambiguous,
  assertUnambiguousIn,
  findHolders,
  hasExternalId,
} from "./id-holder.ts";
import type { Reader } from "./reader.ts";
import type { SharedRead, Waiter } from "./shared-read.ts";
import type { SingleFlight } from "./single-flight.ts";

/** The readings that a lookup must be newer than, and the list in which it searches an id that Alma does not find. */
interface LookupCutoffs {
  readonly cutoff: number;
  readonly listCutoff: number;
}

/** A Bitrix id, the tables in which a record may have it, and whether a record with these values has it. */
interface Sought {
  readonly externalId: string;
  readonly tables: readonly Table[];
  readonly isHolder: (value: FieldValues) => boolean;
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
    { externalId, tables, isHolder }: Sought,
    notFoundAt: number,
    listCutoff: number,
    sharedRead: SharedRead,
  ): Promise<CachedRecord | undefined> {
    const unread = tables.filter(({ kind, listAt }) => kind !== "building" && !(listAt > listCutoff));
    await Promise.all(
      unread.map(({ kind }) => reader.readDecidingList(kind, notFoundAt, listCutoff, sharedRead)),
    );
    const times = { cutoff: notFoundAt, since: notFoundAt };
    const records = tables.flatMap((table) => [...table.records]);
    const holders = await findHolders(records, isHolder, times, holderReads(times, sharedRead));
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
    { externalId, tables, isHolder }: Sought,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<never> {
    if (!(error instanceof AlmaError && error.isAboutRecord)) throw error;
    const times = { cutoff, since: clock() };
    await assertUnambiguousIn(tables, externalId, isHolder, times, holderReads(times, sharedRead));
    throw error;
  }

  return {
    /** Whether a lookup of this Bitrix id is under way, so that joining it costs no call. */
    isLookingUp: (kind: Kind | "rentalObject", externalId: string) =>
      sharedReads.isReading(lookupKey(kind, externalId)),

    /**
     * Asks Alma which record has a Bitrix id, and stores the answer in the table's lookups. The kind's list decides an
     * inconclusive 404; one list decides all lookups whose cut-offs are earlier. After a conclusive 404, a record that
     * is remembered with the id is asked for by its Alma id: Alma may keep the id with blanks around it. Throws
     * AMBIGUOUS_REF if several have it.
     */
    async lookUp(kind: Kind, externalId: string, { cutoff, listCutoff }: LookupCutoffs, waiter: Waiter) {
      const table = store.tables[kind];
      const sought = { externalId, tables: [table], isHolder: hasExternalId(externalId) };
      const getKnown = () => table.getLookup(externalId, cutoff);
      const key = lookupKey(kind, externalId);
      return sharedReads.readUntilKnown(key, getKnown, waiter, async (sharedRead) => {
        const { asOf, match, isConclusive } = await alma[kind]
          .get({ externalId }, sharedRead)
          .catch((error) => explainFailure(error, sought, cutoff, sharedRead));
        if (match) {
          const { id } = store.applyDetail(kind, match, asOf, clock());
          table.lookups.set(externalId, { at: asOf, id });
          return;
        }
        if (!isConclusive && kind !== "building") {
          const at = await reader.readDecidingList(kind, asOf, cutoff, sharedRead);
          const times = { cutoff, since: asOf };
          const reads = holderReads(times, sharedRead);
          const holders = await findHolders(table.listed, sought.isHolder, times, reads);
          assertUnambiguous(externalId, holders);
          table.lookups.set(externalId, { at, id: holders[0]?.id });
          return;
        }
        const holder = await findRemembered(sought, asOf, listCutoff, sharedRead);
        table.lookups.set(externalId, { at: asOf, id: holder?.id });
      });
    },

    /**
     * Asks Alma for the unit or room that fits a Bitrix id best, and stores the answer (Alma: Rental object). A 404 is
     * treated as in `lookUp`, with the lists of units and rooms. Throws AMBIGUOUS_REF if several fit equally.
     */
    async lookUpRentalObject(externalId: string, { cutoff, listCutoff }: LookupCutoffs, waiter: Waiter) {
      const { unit, room } = store.tables;
      const sought = { externalId, tables: [unit, room], isHolder: answersTo(externalId) };
      const getKnown = () => store.getRentalLookup(externalId, cutoff);
      const key = lookupKey("rentalObject", externalId);
      return sharedReads.readUntilKnown(key, getKnown, waiter, async (sharedRead) => {
        const { asOf, value, isConclusive } = await alma
          .rentalObject(externalId, sharedRead)
          .catch((error) => explainFailure(error, sought, cutoff, sharedRead));
        if (value) return store.applyRentalLookup(externalId, value, asOf);
        if (isConclusive) {
          const record = await findRemembered(sought, asOf, listCutoff, sharedRead);
          store.rentalLookups.set(externalId, { at: asOf, record });
          return;
        }
        const decidedAfter = Math.max(cutoff, store.rentalsInvalidatedAt);
        const lists = sought.tables.map(({ kind }) =>
          reader.readDecidingList(kind, asOf, decidedAfter, sharedRead),
        );
        const at = Math.min(...(await Promise.all(lists)));
        const [holders = []] = [room, unit]
          .map(({ listed }) => listed.filter(({ value }) => hasExternalId(externalId)(value)))
          .filter(({ length }) => length > 0);
        assertUnambiguous(externalId, holders);
        store.applyRentalFromLists(externalId, at);
      });
    },
  };
}

export type LookupReader = ReturnType<typeof createLookupReader>;

const lookupKey = (kind: Kind | "rentalObject", externalId: string): string => `${kind} of ${externalId}`;
