import { type Alma, AlmaError, type Clock } from "../alma/index.ts";
import { DETAIL, type Entry, SUMMARY } from "./entry.ts";
import { Flight, type Waiter } from "./flight.ts";
import type { Kind } from "./kind.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

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
  readonly #flights = new Map<string, Flight>();
  #closed: AlmaError | undefined;

  constructor(alma: Alma, store: Store, clock: Clock) {
    this.#alma = alma;
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether a read of this detail is under way, so that joining it costs nothing. */
  reading(entry: Entry): boolean {
    return this.#under(entry.key) !== undefined;
  }

  /** Whether a read of this kind's list is under way. */
  listing(kind: Kind): boolean {
    return this.#under(`${kind} list`) !== undefined;
  }

  /** Ends every read under way, and begins no other: nobody is left who could want it. */
  stop(): void {
    this.#closed = new AlmaError("ALMA_UNAVAILABLE", "The gateway is closing. Ask again when it is back.");
    for (const flight of this.#flights.values()) flight.end(this.#closed);
  }

  /** Milliseconds until it makes sense to ask an Alma that is down; undefined if it is not. */
  brokenFor(): number | undefined {
    return this.#alma.state().brokenFor;
  }

  /** Reads the list of a kind until it is known as of a time after `cutoff`, or failed after `since`. */
  list(kind: Kind, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    const table = this.#store.tables[kind];
    const enough = () => table.listKnown(cutoff) || (table.listFailure?.at ?? NEVER) > since;
    return this.#until(`${kind} list`, enough, waiter, async (flight) => {
      const began = this.#clock();
      try {
        const { at, value } = await this.#alma[kind].list(flight);
        this.#store.takeList(kind, value, at);
      } catch (error) {
        table.listFailure = { at: began, error: almaError(error) };
      }
    });
  }

  /** Reads a detail until it is known (or known to be gone) as of a time after `cutoff`, or failed after `since`. */
  detail(entry: Entry, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    const enough = () => entry.at(DETAIL) > cutoff || entry.gone(cutoff) || entry.failed(since) !== undefined;
    return this.#until(entry.key, enough, waiter, async (flight) => {
      const began = this.#clock();
      try {
        await this.#readDetail(entry, flight);
      } catch (error) {
        entry.failure = { at: began, error: almaError(error) };
        this.#store.tables[entry.kind].version++;
      }
    });
  }

  async #readDetail(entry: Entry, flight: Flight): Promise<void> {
    const { kind, id } = entry;
    const { at, found, decided } = await this.#alma[kind].get({ id }, flight);
    if (found) this.#store.takeDetail(kind, found, at);
    else {
      if (!decided) await this.#decide(kind, at, at, flight);
      if (decided || !entry.listed) return this.#store.tables[kind].takeGone(id, at);
      const message =
        `Alma lists ${entry.key} but has no such record when asked for it. Ask again in a moment; ` +
        "if it stays so, tell Alma's operator.";
      throw new AlmaError("ALMA_BAD_ANSWER", message);
    }
  }

  /** Whether Alma is being asked for a Bitrix id. */
  lookingUp(kind: Kind | "rentalObject", externalId: string): boolean {
    return this.#under(`${kind} of ${externalId}`) !== undefined;
  }

  /**
   * Asks Alma which record has a Bitrix id; the answer is kept in the table's lookups. A failure is thrown.
   * A 404 that does not decide is decided by the kind's list, of which one will do for all lookups of its age.
   */
  async lookup(kind: Kind, externalId: string, cutoff: number, waiter: Waiter) {
    const table = this.#store.tables[kind];
    const known = () => table.lookup(externalId, cutoff);
    return this.#known(`${kind} of ${externalId}`, known, waiter, async (flight) => {
      const { at, found, decided } = await this.#alma[kind].get({ externalId }, flight);
      if (found) {
        const { id } = this.#store.takeDetail(kind, found, at);
        table.lookups.set(externalId, { at, id });
        return;
      }
      // The list of buildings has no Bitrix ids: the 404 is all there is.
      const decidedAt = decided || kind === "building" ? at : await this.#decide(kind, at, cutoff, flight);
      const listed = decided ? undefined : await this.#listedAs(externalId, table, cutoff, at, flight);
      table.lookups.set(externalId, { at: decidedAt, id: listed?.id });
    });
  }

  /** The listed record with a Bitrix id. Where lists do not show that, its detail may be too old to say so. */
  async #listedAs(
    externalId: string,
    { listed }: Table,
    cutoff: number,
    since: number,
    flight: Flight,
  ): Promise<Entry | undefined> {
    const isIt = ({ value }: Entry) => value.externalId === externalId;
    for (const entry of listed.filter(isIt)) {
      if (!(entry.at(SUMMARY, "externalId") > cutoff)) {
        await this.detail(entry, cutoff, since, flight);
        const error = entry.failed(since);
        if (error) throw error;
      }
      if (isIt(entry) && !entry.gone(cutoff)) return entry;
    }
    return undefined;
  }

  /**
   * Asks Alma for the unit or room that fits a Bitrix id best; the answer is kept in the store (Alma: Rental object).
   * A failure is thrown. A 404 that does not decide is decided by the lists.
   */
  async rentalObject(externalId: string, cutoff: number, waiter: Waiter) {
    const known = () => this.#store.rentalLookup(externalId, cutoff);
    return this.#known(`rentalObject of ${externalId}`, known, waiter, async (flight) => {
      const { at, value, decided } = await this.#alma.rentalObject(externalId, flight);
      if (value || decided) return this.#store.takeRental(externalId, value, at);
      const since = Math.max(cutoff, this.#store.rentalsTouchedAt);
      const lists = (["unit", "room"] as const).map((kind) => this.#decide(kind, at, since, flight));
      this.#store.takeRentalFromLists(externalId, Math.min(...(await Promise.all(lists))));
    });
  }

  /**
   * Has the kind's list decide a 404 of `at` that does not: the list that is known as of a time after `cutoff`, or
   * else a new one. Gives the time as of which it is decided.
   */
  async #decide(kind: Kind, at: number, cutoff: number, flight: Flight): Promise<number> {
    const table = this.#store.tables[kind];
    await this.list(kind, cutoff, at, flight);
    if (!table.listKnown(cutoff) && table.listFailure) throw table.listFailure.error;
    return Math.min(at, table.listAt);
  }

  async #until(
    key: string,
    enough: () => boolean,
    waiter: Waiter,
    read: (flight: Flight) => Promise<void>,
  ): Promise<void> {
    while (!enough()) {
      // Who has left while an older read was under way needs no other one.
      const over = waiter.stopped ?? this.#closed;
      if (over) throw over;
      let flight = this.#under(key);
      if (flight) flight.join(waiter);
      else {
        flight = new Flight(waiter, read);
        this.#flights.set(key, flight);
      }
      try {
        await flight.done;
      } finally {
        // Whoever comes first here clears it away.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.leave(waiter);
      }
    }
  }

  /** Reads until something is known; what is known then is the answer, whatever comes after. */
  async #known<T>(
    key: string,
    known: () => T | undefined,
    waiter: Waiter,
    read: (flight: Flight) => Promise<void>,
  ): Promise<T> {
    let answer: T | undefined;
    const enough = () => {
      answer = known();
      return answer !== undefined;
    };
    await this.#until(key, enough, waiter, read);
    return answer as T;
  }

  #under(key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    return flight && !flight.stopped ? flight : undefined;
  }
}

function almaError(error: unknown): AlmaError {
  if (error instanceof AlmaError) return error;
  throw error;
}
