import { type Alma, AlmaError, type Clock } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, SUMMARY } from "../store/cached-record.ts";
import type { Kind } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { SharedRead, type Waiter } from "./shared-read.ts";

/**
 * Reads Alma into the store. Simultaneous reads of the same thing are one call, across operations; a read under way
 * serves those who need it no older than it is, and one more read after it serves all the others.
 *
 * `list` and `detail` do not reject because of Alma: what could not be read is noted in the store as a failure.
 * `lookup` and `rentalObject` throw the AlmaError. All throw the reason why a waiter waits no more, or why
 * nothing is read any more.
 */
export class Reader {
  readonly #alma: Alma;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #sharedReads = new Map<string, SharedRead>();
  #closedReason: AlmaError | undefined;

  constructor(alma: Alma, store: Store, clock: Clock) {
    this.#alma = alma;
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether a read of this detail is under way, so that joining it costs nothing. */
  isReadingDetail(cached: CachedRecord): boolean {
    return this.#underWay(cached.key) !== undefined;
  }

  /** Whether a read of this kind's list is under way. */
  isReadingList(kind: Kind): boolean {
    return this.#underWay(`${kind} list`) !== undefined;
  }

  /** Ends every read under way, and begins no other: nobody is left who could want it. */
  stop(): void {
    this.#closedReason = new AlmaError(
      "ALMA_UNAVAILABLE",
      "The gateway is closing. Ask again when it is back.",
    );
    for (const sharedRead of this.#sharedReads.values()) sharedRead.abort(this.#closedReason);
  }

  /** Milliseconds until it makes sense to ask an Alma that is down; undefined if it is not. */
  brokenFor(): number | undefined {
    return this.#alma.state().downFor;
  }

  /** Reads the list of a kind until it is known as of a time after `cutoff`, or failed after `since`. */
  readList(kind: Kind, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    const table = this.#store.tables[kind];
    const isEnough = () => table.isListKnown(cutoff) || (table.listFailure?.at ?? NEVER) > since;
    return this.#readUntil(`${kind} list`, isEnough, waiter, async (sharedRead) => {
      const startedAt = this.#clock();
      try {
        const { asOf: at, value } = await this.#alma[kind].list(sharedRead);
        this.#store.applyList(kind, value, at);
      } catch (error) {
        table.listFailure = { at: startedAt, error: toAlmaError(error) };
      }
    });
  }

  /** Reads a detail until it is known (or known to be gone) as of a time after `cutoff`, or failed after `since`. */
  readDetail(cached: CachedRecord, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    const isEnough = () =>
      cached.asOf(DETAIL) > cutoff || cached.isGone(cutoff) || cached.failureSince(since) !== undefined;
    return this.#readUntil(cached.key, isEnough, waiter, async (sharedRead) => {
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
    const { asOf: at, match: found, isConclusive: decided } = await this.#alma[kind].get({ id }, sharedRead);
    if (found) this.#store.applyDetail(kind, found, at);
    else {
      if (!decided) await this.#decideByList(kind, at, at, sharedRead);
      if (decided || !cached.isListed) return this.#store.tables[kind].markGone(id, at);
      const message =
        `Alma lists ${cached.key} but has no such record when asked for it. Ask again in a moment; ` +
        "if it stays so, tell Alma's operator.";
      throw new AlmaError("ALMA_BAD_ANSWER", message);
    }
  }

  /** Whether Alma is being asked for a Bitrix id. */
  isLookingUp(kind: Kind | "rentalObject", externalId: string): boolean {
    return this.#underWay(`${kind} of ${externalId}`) !== undefined;
  }

  /**
   * Asks Alma which record has a Bitrix id; the answer is kept in the table's lookups. A failure is thrown.
   * A 404 that does not decide is decided by the kind's list, of which one will do for all lookups of its age.
   */
  async lookUp(kind: Kind, externalId: string, cutoff: number, waiter: Waiter) {
    const table = this.#store.tables[kind];
    const getKnown = () => table.getLookup(externalId, cutoff);
    return this.#readUntilKnown(`${kind} of ${externalId}`, getKnown, waiter, async (sharedRead) => {
      const {
        asOf: at,
        match: found,
        isConclusive: decided,
      } = await this.#alma[kind].get({ externalId }, sharedRead);
      if (found) {
        const { id } = this.#store.applyDetail(kind, found, at);
        table.lookups.set(externalId, { at, id });
        return;
      }
      // The list of buildings has no Bitrix ids: the 404 is all there is.
      const decidedAt =
        decided || kind === "building" ? at : await this.#decideByList(kind, at, cutoff, sharedRead);
      const listed = decided ? undefined : await this.#findListed(externalId, table, cutoff, at, sharedRead);
      table.lookups.set(externalId, { at: decidedAt, id: listed?.id });
    });
  }

  /** The listed record with a Bitrix id. Where lists do not show that, its detail may be too old to say so. */
  async #findListed(
    externalId: string,
    { listed }: Table,
    cutoff: number,
    since: number,
    sharedRead: SharedRead,
  ): Promise<CachedRecord | undefined> {
    const matches = ({ value }: CachedRecord) => value.externalId === externalId;
    for (const cached of listed.filter(matches)) {
      if (!(cached.asOf(SUMMARY, "externalId") > cutoff)) {
        await this.readDetail(cached, cutoff, since, sharedRead);
        const error = cached.failureSince(since);
        if (error) throw error;
      }
      if (matches(cached) && !cached.isGone(cutoff)) return cached;
    }
    return undefined;
  }

  /**
   * Asks Alma for the unit or room that fits a Bitrix id best; the answer is kept in the store (Alma: Rental object).
   * A failure is thrown. A 404 that does not decide is decided by the lists.
   */
  async lookUpRentalObject(externalId: string, cutoff: number, waiter: Waiter) {
    const getKnown = () => this.#store.getRentalLookup(externalId, cutoff);
    return this.#readUntilKnown(`rentalObject of ${externalId}`, getKnown, waiter, async (sharedRead) => {
      const {
        asOf: at,
        value,
        isConclusive: decided,
      } = await this.#alma.rentalObject(externalId, sharedRead);
      if (value || decided) return this.#store.applyRentalLookup(externalId, value, at);
      const since = Math.max(cutoff, this.#store.rentalsInvalidatedAt);
      const lists = (["unit", "room"] as const).map((kind) =>
        this.#decideByList(kind, at, since, sharedRead),
      );
      this.#store.applyRentalFromLists(externalId, Math.min(...(await Promise.all(lists))));
    });
  }

  /**
   * Has the kind's list decide a 404 of `at` that does not: the list that is known as of a time after `cutoff`, or
   * else a new one. Gives the time as of which it is decided.
   */
  async #decideByList(kind: Kind, at: number, cutoff: number, sharedRead: SharedRead): Promise<number> {
    const table = this.#store.tables[kind];
    await this.readList(kind, cutoff, at, sharedRead);
    if (!table.isListKnown(cutoff) && table.listFailure) throw table.listFailure.error;
    return Math.min(at, table.listAt);
  }

  async #readUntil(
    key: string,
    isEnough: () => boolean,
    waiter: Waiter,
    read: (sharedRead: SharedRead) => Promise<void>,
  ): Promise<void> {
    while (!isEnough()) {
      // Who has left while an older read was under way needs no other one.
      const stopReason = waiter.stopReason ?? this.#closedReason;
      if (stopReason) throw stopReason;
      let sharedRead = this.#underWay(key);
      if (sharedRead) sharedRead.join(waiter);
      else {
        sharedRead = new SharedRead(waiter, read);
        this.#sharedReads.set(key, sharedRead);
      }
      try {
        await sharedRead.done;
      } finally {
        // Whoever comes first here clears it away.
        if (this.#sharedReads.get(key) === sharedRead) this.#sharedReads.delete(key);
        sharedRead.leave(waiter);
      }
    }
  }

  /** Reads until something is known; what is known then is the answer, whatever comes after. */
  async #readUntilKnown<T>(
    key: string,
    getKnown: () => T | undefined,
    waiter: Waiter,
    read: (sharedRead: SharedRead) => Promise<void>,
  ): Promise<T> {
    let answer: T | undefined;
    const isEnough = () => {
      answer = getKnown();
      return answer !== undefined;
    };
    await this.#readUntil(key, isEnough, waiter, read);
    return answer as T;
  }

  #underWay(key: string): SharedRead | undefined {
    const sharedRead = this.#sharedReads.get(key);
    return sharedRead && !sharedRead.stopReason ? sharedRead : undefined;
  }
}

function toAlmaError(error: unknown): AlmaError {
  if (error instanceof AlmaError) return error;
  throw error;
}
