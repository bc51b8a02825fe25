import { AlmaError } from "../../alma/index.ts";
import type { Kind } from "../store/kind.ts";
import type { LookupResult, Store } from "../store/store.ts";
import { isUnreachable } from "./load.ts";
import type { Operation } from "./operation.ts";
import type { Reader } from "./reader.ts";

/**
 * Finds the record of a Bitrix id by asking Alma, which alone knows that there is none, and which of several it is.
 * What Alma has said after an operation's cutoff is not asked again. Throws AlmaError.
 */
export class RecordLookup {
  readonly #store: Store;
  readonly #reader: Reader;

  constructor(store: Store, reader: Reader) {
    this.#store = store;
    this.#reader = reader;
  }

  /** The record of one kind. */
  async lookUp(operation: Operation, kind: Kind, externalId: string, cutoff: number): Promise<LookupResult> {
    const table = this.#store.tables[kind];
    const { id, at } =
      table.getLookup(externalId, cutoff) ??
      (await this.#ask(
        operation,
        this.#reader.isLookingUp(kind, externalId),
        () => this.#reader.lookUp(kind, externalId, cutoff, operation),
        () => table.getLookupOfAnyAge(externalId),
      ));
    operation.noteReading(at);
    return { at, record: id === undefined ? undefined : table.getOrCreate(id) };
  }

  /** The unit or room. Alma: Rental object. */
  async lookUpRentalObject(operation: Operation, externalId: string, cutoff: number): Promise<LookupResult> {
    const result =
      this.#store.getRentalLookup(externalId, cutoff) ??
      (await this.#ask(
        operation,
        this.#reader.isLookingUp("rentalObject", externalId),
        () => this.#reader.lookUpRentalObject(externalId, cutoff, operation),
        () => this.#store.getRentalLookupOfAnyAge(externalId),
      ));
    operation.noteReading(result.at);
    return result;
  }

  /** Asks Alma, at no cost if it is being asked already. Where it cannot be reached, an old answer may have to do. */
  async #ask<T>(
    operation: Operation,
    isUnderWay: boolean,
    read: () => Promise<T>,
    getStale: () => T | undefined,
  ): Promise<T> {
    if (!isUnderWay) operation.reserveCalls(1);
    try {
      return await operation.waitFor(read());
    } catch (error) {
      const stale = operation.serveStale && error instanceof AlmaError && isUnreachable(error) && getStale();
      if (stale) return stale;
      throw error;
    }
  }
}
