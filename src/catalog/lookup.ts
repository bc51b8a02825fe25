import { AlmaError } from "../alma/index.ts";
import type { Kind } from "./kind.ts";
import { unreachable } from "./load.ts";
import type { Operation } from "./operation.ts";
import type { Reader } from "./read.ts";
import type { Found, Store } from "./store.ts";

/**
 * Finds the record of a Bitrix id by asking Alma, which alone knows that there is none, and which of several it is.
 * What Alma has said after an operation's cutoff is not asked again. Throws AlmaError.
 */
export class Lookup {
  readonly #store: Store;
  readonly #reader: Reader;

  constructor(store: Store, reader: Reader) {
    this.#store = store;
    this.#reader = reader;
  }

  /** The record of one kind. */
  async find(operation: Operation, kind: Kind, externalId: string, cutoff: number): Promise<Found> {
    const table = this.#store.tables[kind];
    const { id, at } =
      table.lookup(externalId, cutoff) ??
      (await this.#ask(
        operation,
        this.#reader.lookingUp(kind, externalId),
        () => this.#reader.lookup(kind, externalId, cutoff, operation),
        () => table.lookupOfAnyAge(externalId),
      ));
    operation.saw(at);
    return { at, entry: id === undefined ? undefined : table.entry(id) };
  }

  /** The unit or room. Alma: Rental object. */
  async rentalObject(operation: Operation, externalId: string, cutoff: number): Promise<Found> {
    const found =
      this.#store.rentalLookup(externalId, cutoff) ??
      (await this.#ask(
        operation,
        this.#reader.lookingUp("rentalObject", externalId),
        () => this.#reader.rentalObject(externalId, cutoff, operation),
        () => this.#store.rentalOfAnyAge(externalId),
      ));
    operation.saw(found.at);
    return found;
  }

  /** Asks Alma, at no cost if it is being asked already. Where it cannot be reached, an old answer may have to do. */
  async #ask<T>(
    operation: Operation,
    asked: boolean,
    ask: () => Promise<T>,
    old: () => T | undefined,
  ): Promise<T> {
    if (!asked) operation.reserve(1);
    try {
      return await operation.wait(ask());
    } catch (error) {
      const stale = operation.serveStale && error instanceof AlmaError && unreachable(error) && old();
      if (stale) return stale;
      throw error;
    }
  }
}
