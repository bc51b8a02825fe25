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

/**
 * Asks Alma for records by Bitrix id; simultaneous lookups of one id are one call. All throw the AlmaError of a failed
 * lookup, the waiter's `stopReason`, or ALMA_UNAVAILABLE once the reader is stopped.
 */
export class LookupReader {
  readonly #alma: Alma;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #reader: Reader;
  readonly #sharedReads: SingleFlight;

  constructor(alma: Alma, store: Store, clock: Clock, reader: Reader, sharedReads: SingleFlight) {
    this.#alma = alma;
    this.#store = store;
    this.#clock = clock;
    this.#reader = reader;
    this.#sharedReads = sharedReads;
  }

  /** Whether a lookup of this Bitrix id is under way, so that joining it costs no call. */
  isLookingUp(kind: Kind | "rentalObject", externalId: string): boolean {
    return this.#sharedReads.isReading(lookupKey(kind, externalId));
  }

  /**
   * Asks Alma which record has a Bitrix id, and stores the answer in the table's lookups. The kind's list decides an
   * inconclusive 404; one list decides all lookups whose cut-offs are earlier. After a conclusive 404, a record that is
   * remembered with the id is asked for by its Alma id: Alma may keep the id with blanks around it. Throws
   * AMBIGUOUS_REF if several have it.
   */
  async lookUp(kind: Kind, externalId: string, { cutoff, listCutoff }: LookupCutoffs, waiter: Waiter) {
    const table = this.#store.tables[kind];
    const getKnown = () => table.getLookup(externalId, cutoff);
    const key = lookupKey(kind, externalId);
    const isHolder = hasExternalId(externalId);
    return this.#sharedReads.readUntilKnown(key, getKnown, waiter, async (sharedRead) => {
      const { asOf, match, isConclusive } = await this.#alma[kind]
        .get({ externalId }, sharedRead)
        .catch((error) => this.#explainFailure(error, externalId, [table], isHolder, cutoff, sharedRead));
      if (match) {
        const { id } = this.#store.applyDetail(kind, match, asOf, this.#clock());
        table.lookups.set(externalId, { at: asOf, id });
        return;
      }
      if (!isConclusive && kind !== "building") {
        const at = await this.#reader.readDecidingList(kind, asOf, cutoff, sharedRead);
        const times = { cutoff, since: asOf };
        const holders = await findHolders(
          table.listed,
          isHolder,
          times,
          this.#holderReads(times, sharedRead),
        );
        assertUnambiguous(externalId, holders);
        table.lookups.set(externalId, { at, id: holders[0]?.id });
        return;
      }
      // The list of buildings shows no Bitrix ids, so that reading it would decide nothing (Alma: Buildings).
      const lists = kind === "building" ? [] : [kind];
      const holder = await this.#findRemembered(
        externalId,
        lists,
        [table],
        isHolder,
        asOf,
        listCutoff,
        sharedRead,
      );
      table.lookups.set(externalId, { at: asOf, id: holder?.id });
    });
  }

  /**
   * The remembered record with a Bitrix id that Alma, asked at `notFoundAt`, did not find by it: a listed one before
   * others. Lists that were not read since `listCutoff` are read first; a record that a write has made since then would
   * have been found. Throws AMBIGUOUS_REF if several listed ones have it.
   */
  async #findRemembered(
    externalId: string,
    lists: readonly Kind[],
    tables: readonly Table[],
    isHolder: (value: FieldValues) => boolean,
    notFoundAt: number,
    listCutoff: number,
    sharedRead: SharedRead,
  ): Promise<CachedRecord | undefined> {
    const unread = lists.filter((kind) => !(this.#store.tables[kind].listAt > listCutoff));
    await Promise.all(
      unread.map((kind) => this.#reader.readDecidingList(kind, notFoundAt, listCutoff, sharedRead)),
    );
    const times = { cutoff: notFoundAt, since: notFoundAt };
    const records = tables.flatMap((table) => [...table.records]);
    const holders = await findHolders(records, isHolder, times, this.#holderReads(times, sharedRead));
    const listed = holders.filter(({ isListed }) => isListed);
    assertUnambiguous(externalId, listed);
    return listed[0] ?? holders.at(-1);
  }

  #holderReads(
    { cutoff, since }: { readonly cutoff: number; readonly since: number },
    sharedRead: SharedRead,
  ) {
    return {
      readList: ({ kind }: Table) => this.#reader.readList(kind, cutoff, since, sharedRead),
      readDetails: (records: readonly CachedRecord[]) =>
        Promise.all(records.map((cached) => this.#reader.readDetail(cached, cutoff, since, sharedRead))),
    };
  }

  /** Throws why a lookup by Bitrix id failed: AMBIGUOUS_REF if several records have the id, else `error`. */
  async #explainFailure(
    error: unknown,
    externalId: string,
    tables: readonly Table[],
    isHolder: (value: FieldValues) => boolean,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<never> {
    if (!(error instanceof AlmaError && error.isAboutRecord)) throw error;
    const times = { cutoff, since: this.#clock() };
    await assertUnambiguousIn(tables, externalId, isHolder, times, this.#holderReads(times, sharedRead));
    throw error;
  }

  /**
   * Asks Alma for the unit or room that fits a Bitrix id best, and stores the answer (Alma: Rental object). A 404 is
   * treated as in `lookUp`, with the lists of units and rooms. Throws AMBIGUOUS_REF if several fit equally.
   */
  async lookUpRentalObject(externalId: string, { cutoff, listCutoff }: LookupCutoffs, waiter: Waiter) {
    const getKnown = () => this.#store.getRentalLookup(externalId, cutoff);
    const key = lookupKey("rentalObject", externalId);
    const isHolder = answersTo(externalId);
    return this.#sharedReads.readUntilKnown(key, getKnown, waiter, async (sharedRead) => {
      const { unit, room } = this.#store.tables;
      const tables = [unit, room];
      const { asOf, value, isConclusive } = await this.#alma
        .rentalObject(externalId, sharedRead)
        .catch((error) => this.#explainFailure(error, externalId, tables, isHolder, cutoff, sharedRead));
      if (value) return this.#store.applyRentalLookup(externalId, value, asOf);
      const kinds = ["unit", "room"] as const;
      if (isConclusive) {
        const record = await this.#findRemembered(
          externalId,
          kinds,
          tables,
          isHolder,
          asOf,
          listCutoff,
          sharedRead,
        );
        this.#store.rentalLookups.set(externalId, { at: asOf, record });
        return;
      }
      const decidedAfter = Math.max(cutoff, this.#store.rentalsInvalidatedAt);
      const lists = kinds.map((kind) => this.#reader.readDecidingList(kind, asOf, decidedAfter, sharedRead));
      const at = Math.min(...(await Promise.all(lists)));
      const [holders = []] = [room, unit]
        .map(({ listed }) => listed.filter(({ value }) => hasExternalId(externalId)(value)))
        .filter(({ length }) => length > 0);
      assertUnambiguous(externalId, holders);
      this.#store.applyRentalFromLists(externalId, at);
    });
  }
}

const lookupKey = (kind: Kind | "rentalObject", externalId: string): string => `${kind} of ${externalId}`;
