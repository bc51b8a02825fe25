import { type Alma, AlmaError, type Clock } from "../../alma/index.ts";
import { type CachedRecord, DETAIL } from "../store/cached-record.ts";
import type { Kind } from "../store/kind.ts";
import { type FieldValues, NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { answersTo, assertUnambiguous, findHolders, hasExternalId } from "./id-holder.ts";
import type { SharedRead, Waiter } from "./shared-read.ts";
import { SingleFlight } from "./single-flight.ts";

/**
 * Reads Alma into the store; simultaneous reads of the same thing are one call. Reads of lists and details note a
 * failure in the store and do not throw it; lookups throw the AlmaError. All throw the waiter's `stopReason`, or
 * ALMA_UNAVAILABLE when the gateway is closing.
 *
 * Parameters: nothing is read if the data was read after `cutoff`, or if a read of it failed after `since`.
 */
export class Reader {
  readonly #alma: Alma;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #sharedReads = new SingleFlight();

  constructor(alma: Alma, store: Store, clock: Clock) {
    this.#alma = alma;
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether a read of this detail is under way, so that joining it costs no call. */
  isReadingDetail(cached: CachedRecord): boolean {
    return this.#sharedReads.isReading(cached.key);
  }

  /** Whether a read of this kind's list is under way, so that joining it costs no call. */
  isReadingList(kind: Kind): boolean {
    return this.#sharedReads.isReading(listKey(kind));
  }

  /** Whether a lookup of this Bitrix id is under way, so that joining it costs no call. */
  isLookingUp(kind: Kind | "rentalObject", externalId: string): boolean {
    return this.#sharedReads.isReading(lookupKey(kind, externalId));
  }

  /** Aborts every read, and starts no other. */
  stop(): void {
    const message = "The gateway is closing. Ask again when it is back.";
    this.#sharedReads.close(new AlmaError("ALMA_UNAVAILABLE", message));
  }

  /** Milliseconds until a probe may be sent to Alma; undefined if Alma is not down. */
  downFor(): number | undefined {
    return this.#alma.state().downFor;
  }

  /** Reads the list of a kind, unless it is known or its read has failed. */
  readList(kind: Kind, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    const table = this.#store.tables[kind];
    const isEnough = () => table.isListKnown(cutoff) || (table.listFailure?.at ?? NEVER) > since;
    return this.#sharedReads.readUntil(listKey(kind), isEnough, waiter, async (sharedRead) => {
      const startedAt = this.#clock();
      try {
        const { asOf, value } = await this.#alma[kind].list(sharedRead);
        this.#store.applyList(kind, value, asOf);
      } catch (error) {
        table.listFailure = { at: startedAt, error: toAlmaError(error) };
      }
    });
  }

  /** Reads a detail, unless it is known, the record is known to be gone, or the read has failed. */
  readDetail(cached: CachedRecord, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    const isEnough = () =>
      cached.asOf(DETAIL) > cutoff || cached.isGone(cutoff) || cached.failureSince(since) !== undefined;
    return this.#sharedReads.readUntil(cached.key, isEnough, waiter, async (sharedRead) => {
      const startedAt = this.#clock();
      try {
        await this.#readDetail(cached, sharedRead);
      } catch (error) {
        cached.failure = { at: startedAt, error: toAlmaError(error) };
        this.#store.tables[cached.kind].version++;
      }
    });
  }

  async #readDetail(cached: CachedRecord, sharedRead: SharedRead): Promise<void> {
    const { kind, id } = cached;
    const { asOf, match, isConclusive } = await this.#alma[kind].get({ id }, sharedRead);
    if (match) {
      this.#store.applyDetail(kind, match, asOf);
      return;
    }
    if (!isConclusive) await this.#readDecidingList(kind, asOf, asOf, sharedRead);
    if (isConclusive || !cached.isListed) return this.#store.tables[kind].markGone(id, asOf);
    const message =
      `Alma lists ${cached.key} but has no such record when asked for it. Ask again in a moment; ` +
      "if it stays so, tell Alma's operator.";
    throw new AlmaError("ALMA_BAD_ANSWER", message);
  }

  /**
   * Asks Alma which record has a Bitrix id, and stores the answer in the table's lookups. The kind's list decides an
   * inconclusive 404; one list decides all lookups whose cut-offs are earlier. Throws AMBIGUOUS_REF if several have it.
   */
  async lookUp(kind: Kind, externalId: string, cutoff: number, waiter: Waiter) {
    const table = this.#store.tables[kind];
    const getKnown = () => table.getLookup(externalId, cutoff);
    const key = lookupKey(kind, externalId);
    return this.#sharedReads.readUntilKnown(key, getKnown, waiter, async (sharedRead) => {
      const { asOf, match, isConclusive } = await this.#alma[kind]
        .get({ externalId }, sharedRead)
        .catch((error) =>
          this.#explainFailure(error, externalId, [table], hasExternalId(externalId), cutoff, sharedRead),
        );
      if (match) {
        const { id } = this.#store.applyDetail(kind, match, asOf);
        table.lookups.set(externalId, { at: asOf, id });
        return;
      }
      // The list of buildings shows no Bitrix ids, so that reading it would decide nothing (Alma: Buildings).
      const isDecided = isConclusive || kind === "building";
      const at = isDecided ? asOf : await this.#readDecidingList(kind, asOf, cutoff, sharedRead);
      const holders = isConclusive
        ? []
        : await this.#findHolders(table, hasExternalId(externalId), cutoff, asOf, sharedRead);
      assertUnambiguous(externalId, holders);
      table.lookups.set(externalId, { at, id: holders[0]?.id });
    });
  }

  #findHolders(
    table: Table,
    isHolder: (value: FieldValues) => boolean,
    cutoff: number,
    since: number,
    sharedRead: SharedRead,
  ): Promise<readonly CachedRecord[]> {
    return findHolders(table, isHolder, { cutoff, since }, (records) =>
      Promise.all(records.map((cached) => this.readDetail(cached, cutoff, since, sharedRead))),
    );
  }

  /**
   * Throws why a lookup by Bitrix id failed: AMBIGUOUS_REF if several records have the id by what these lists show,
   * since Alma fails then, or answers with something else than a record; else the error of the lookup. Details of which
   * nothing is known are read if the list does not show Bitrix ids (Alma: Buildings).
   */
  async #explainFailure(
    error: unknown,
    externalId: string,
    tables: readonly Table[],
    isHolder: (value: FieldValues) => boolean,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<never> {
    if (!(error instanceof AlmaError && error.isAboutRecord)) throw error;
    const since = this.#clock();
    const findIn = async (table: Table) => {
      await this.readList(table.kind, cutoff, since, sharedRead);
      const isShown = table.definition.summaryFields.includes("externalId");
      const unread = isShown ? [] : table.listed.filter(({ detailAt }) => detailAt === NEVER);
      await Promise.all(unread.map((cached) => this.readDetail(cached, cutoff, since, sharedRead)));
      return this.#findHolders(table, isHolder, cutoff, since, sharedRead);
    };
    const holders = await Promise.all(tables.map(findIn)).catch(() => []);
    assertUnambiguous(externalId, holders.flat());
    throw error;
  }

  /**
   * Asks Alma for the unit or room that fits a Bitrix id best, and stores the answer (Alma: Rental object). An
   * inconclusive 404 is decided by the lists of units and rooms. Throws AMBIGUOUS_REF if several fit equally.
   */
  async lookUpRentalObject(externalId: string, cutoff: number, waiter: Waiter) {
    const getKnown = () => this.#store.getRentalLookup(externalId, cutoff);
    const key = lookupKey("rentalObject", externalId);
    return this.#sharedReads.readUntilKnown(key, getKnown, waiter, async (sharedRead) => {
      const { unit, room } = this.#store.tables;
      const { asOf, value, isConclusive } = await this.#alma
        .rentalObject(externalId, sharedRead)
        .catch((error) =>
          this.#explainFailure(error, externalId, [unit, room], answersTo(externalId), cutoff, sharedRead),
        );
      if (value || isConclusive) return this.#store.applyRentalLookup(externalId, value, asOf);
      const listCutoff = Math.max(cutoff, this.#store.rentalsInvalidatedAt);
      const lists = (["unit", "room"] as const).map((kind) =>
        this.#readDecidingList(kind, asOf, listCutoff, sharedRead),
      );
      const at = Math.min(...(await Promise.all(lists)));
      const [holders = []] = [room, unit]
        .map(({ listed }) => listed.filter((cached) => hasExternalId(externalId)(cached.value)))
        .filter(({ length }) => length > 0);
      assertUnambiguous(externalId, holders);
      this.#store.applyRentalFromLists(externalId, at);
    });
  }

  /**
   * Reads the list that decides an inconclusive 404 of `notFoundAt`, unless it was read after `cutoff`. Returns the
   * earlier time of the two readings. Throws why the list could not be read.
   */
  async #readDecidingList(
    kind: Kind,
    notFoundAt: number,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<number> {
    const table = this.#store.tables[kind];
    await this.readList(kind, cutoff, notFoundAt, sharedRead);
    if (!table.isListKnown(cutoff) && table.listFailure) throw table.listFailure.error;
    return Math.min(notFoundAt, table.listAt);
  }
}

const listKey = (kind: Kind): string => `${kind} list`;
const lookupKey = (kind: Kind | "rentalObject", externalId: string): string => `${kind} of ${externalId}`;

/** Returns an AlmaError; throws anything else, which is a programming error. */
function toAlmaError(error: unknown): AlmaError {
  if (error instanceof AlmaError) return error;
  throw error;
}
