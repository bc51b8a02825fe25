import { AlmaError } from "../../alma/index.ts";
import type { LookupReader } from "../shared-read/lookup-reader.ts";
import type { CachedRecord } from "../store/cached-record.ts";
import type { Kind } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { LookupResult, Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { servesStale } from "./load.ts";
import type { Operation } from "./operation.ts";

/**
 * Finds records by Bitrix id. Only Alma knows which of several records an id leads to, or that there is none. It is
 * asked unless its last answer is from after the cut-off. Throws AlmaError.
 */
export class RecordLookup {
  readonly #store: Store;
  readonly #reader: LookupReader;

  constructor(store: Store, reader: LookupReader) {
    this.#store = store;
    this.#reader = reader;
  }

  /** The record of one kind. */
  async lookUp(operation: Operation, kind: Kind, externalId: string, cutoff: number): Promise<LookupResult> {
    const table = this.#store.tables[kind];
    const listCutoff = operation.spellingCutoff;
    const { id, at } =
      table.getLookup(externalId, cutoff) ??
      (await this.#ask(
        operation,
        this.#reader.isLookingUp(kind, externalId),
        () => this.#reader.lookUp(kind, externalId, { cutoff, listCutoff }, operation),
        () => table.getLookupOfAnyAge(externalId),
      ));
    operation.noteReading(at, cutoff);
    operation.basis.noteLookup(sameId(table, externalId, id));
    return { at, record: id === undefined ? undefined : table.getOrCreate(id) };
  }

  /** The unit or room that fits best (Alma: Rental object). */
  async lookUpRentalObject(operation: Operation, externalId: string, cutoff: number): Promise<LookupResult> {
    const listCutoff = operation.spellingCutoff;
    const result =
      this.#store.getRentalLookup(externalId, cutoff) ??
      (await this.#ask(
        operation,
        this.#reader.isLookingUp("rentalObject", externalId),
        () => this.#reader.lookUpRentalObject(externalId, { cutoff, listCutoff }, operation),
        () => this.#store.getRentalLookupOfAnyAge(externalId),
      ));
    operation.noteReading(result.at, cutoff);
    operation.basis.noteLookup(sameRecord(this.#store, externalId, result.record));
    return result;
  }

  /** Asks Alma. An operation that accepts stale data gets the last answer where Alma cannot be reached. */
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
      const stale = error instanceof AlmaError && servesStale(operation, error) && getStale();
      if (stale) return stale;
      throw error;
    }
  }
}

// What these return is kept with an answer: it must not keep the operation as well.

/** Whether Alma's last answer for a Bitrix id is still this id, and no write follows it. */
function sameId(table: Table, externalId: string, id: number | undefined): () => boolean {
  return () => {
    const known = table.getLookup(externalId, NEVER);
    return known !== undefined && known.id === id;
  };
}

/** The same for units and rooms. */
function sameRecord(store: Store, externalId: string, record: CachedRecord | undefined): () => boolean {
  return () => {
    const known = store.getRentalLookup(externalId, NEVER);
    return known !== undefined && known.record === record;
  };
}
