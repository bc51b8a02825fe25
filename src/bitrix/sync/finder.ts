import DataLoader from "dataloader";
import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  type Catalog,
  DETAIL,
  isArchived,
  type Kind,
  type Operation,
} from "../../catalog/index.ts";

/** What syncs remember of each other; it may forget. */
export interface SyncCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): unknown;
}

/**
 * The Alma ids of records by kind and Bitrix id, as they once were: where to look first. Each is confirmed by the
 * record itself.
 */
export type IdCache = SyncCache<number>;

/** A record read as a whole, undefined if Alma shows none, or why it could not be read. */
type ReadOutcome = CachedRecord | undefined | AlmaError;

/**
 * Finds records by their Bitrix ids, with about one call for each: where several ids are not known yet, the list
 * tells them all. What the list does not show counts as not there: a create looks once more before it creates.
 * What is asked for in one step is read together. Everything throws AlmaError if Alma cannot be asked.
 */
export class Finder {
  readonly #catalog: Catalog;
  readonly #operation: Operation;
  readonly #knownIds: IdCache;
  readonly #recordLoaders = new Map<Kind, DataLoader<string, CachedRecord | undefined>>();
  readonly #idLoaders = new Map<Kind, DataLoader<string, number | undefined>>();

  constructor(catalog: Catalog, operation: Operation, knownIds: IdCache) {
    this.#catalog = catalog;
    this.#operation = operation;
    this.#knownIds = knownIds;
  }

  /** The record of a Bitrix id, as a whole. */
  find(kind: Kind, externalId: string): Promise<CachedRecord | undefined> {
    let loader = this.#recordLoaders.get(kind);
    if (!loader) {
      loader = new DataLoader<string, CachedRecord | undefined>((ids) => this.#readMany(kind, ids));
      this.#recordLoaders.set(kind, loader);
    }
    return loader.load(externalId);
  }

  /** The record of a Bitrix id as it was when it was last read, if it ever was. */
  peek(kind: Kind, externalId: string): CachedRecord | undefined {
    const [id] = this.#cachedIds(kind, [externalId]);
    const record = id === undefined ? undefined : this.#catalog.store.tables[kind].get(id);
    return record?.value.externalId === externalId ? record : undefined;
  }

  /** The Alma id of a Bitrix id, without reading the record. */
  findId(kind: Kind, externalId: string): Promise<number | undefined> {
    let loader = this.#idLoaders.get(kind);
    if (!loader) {
      loader = new DataLoader<string, number | undefined>((ids) => this.#findIds(kind, ids));
      this.#idLoaders.set(kind, loader);
    }
    return loader.load(externalId);
  }

  /** Alma's own choice among the records with a Bitrix id, as a whole. */
  async lookUp(kind: Kind, externalId: string): Promise<CachedRecord | undefined> {
    const record = await this.#catalog.findRecord(
      this.#operation,
      kind,
      externalId,
      this.#operation.namedCutoff,
    );
    return record && this.read(record);
  }

  /** The unit or room that stands for a Bitrix unit (Alma: Rental object). */
  findRentalObject(externalId: string): Promise<CachedRecord | undefined> {
    return this.#catalog.findRentalRecord(this.#operation, externalId, this.#operation.namedCutoff);
  }

  /** A record as a whole; undefined if it has gone. */
  async read(record: CachedRecord): Promise<CachedRecord | undefined> {
    const request = { record, level: DETAIL, cutoff: this.#operation.namedCutoff };
    const [outcome] = await this.#catalog.load(this.#operation, [request]);
    if (outcome instanceof AlmaError) throw outcome;
    return outcome;
  }

  /** Notes which record a Bitrix id has, for the next time. */
  remember(kind: Kind, externalId: string, id: number): void {
    this.#knownIds.set(`${kind} ${externalId}`, id);
  }

  async #readMany(kind: Kind, externalIds: readonly string[]): Promise<readonly ReadOutcome[]> {
    const ids = await this.#findIds(kind, externalIds);
    const { tables } = this.#catalog.store;
    const cutoff = this.#operation.namedCutoff;
    const requests = ids.flatMap((id) =>
      typeof id === "number" ? [{ record: tables[kind].getOrCreate(id), level: DETAIL, cutoff }] : [],
    );
    const outcomes = (await this.#catalog.load(this.#operation, requests)).values();
    return Promise.all(
      ids.map((id, index) => {
        if (typeof id !== "number") return id;
        const { value: outcome } = outcomes.next();
        return this.#confirm(kind, externalIds[index] ?? "", outcome);
      }),
    );
  }

  /**
   * A record that has gone, or has another Bitrix id by now, is not the one that is looked for, and beside one that was
   * archived there may be a new one: Alma is asked.
   */
  async #confirm(kind: Kind, externalId: string, outcome: ReadOutcome): Promise<ReadOutcome> {
    if (outcome instanceof AlmaError) return outcome;
    if (outcome?.value.externalId === externalId && !isArchived(outcome)) {
      this.remember(kind, externalId, outcome.id);
      return outcome;
    }
    return this.lookUp(kind, externalId).catch((error) => {
      if (error instanceof AlmaError) return error;
      throw error;
    });
  }

  /** The Alma ids, as far as they are known or the list or a lookup tells, or why those that are not cannot be told. */
  async #findIds(
    kind: Kind,
    externalIds: readonly string[],
  ): Promise<readonly (number | undefined | AlmaError)[]> {
    const known = this.#cachedIds(kind, externalIds);
    const missing = externalIds.filter((_, index) => known[index] === undefined);
    const [onlyMissing] = missing;
    if (onlyMissing === undefined) return known;
    try {
      // How a contract is asked for by its Bitrix id is not certain, so that its list is the surer way.
      if (missing.length === 1 && kind !== "ownerContract" && kind !== "tenantContract") {
        const record = await this.lookUp(kind, onlyMissing);
        return known.map((id) => id ?? record?.id);
      }
      await this.#catalog.findMembers(this.#operation, {
        kind,
        needsDetails: false,
        decidingSummaryFields: ["externalId"],
      });
      return this.#cachedIds(kind, externalIds);
    } catch (error) {
      if (!(error instanceof AlmaError)) throw error;
      return known.map((id) => id ?? error);
    }
  }

  #cachedIds(kind: Kind, externalIds: readonly string[]): (number | undefined)[] {
    const table = this.#catalog.store.tables[kind];
    const listed = new Map<unknown, number | undefined>();
    // Which of several with the same Bitrix id is meant, is Alma's to say.
    for (const { id, value } of table.listed)
      listed.set(value.externalId, listed.has(value.externalId) ? undefined : id);
    return externalIds.map(
      (id) => this.#knownIds.get(`${kind} ${id}`) ?? table.lookups.get(id)?.id ?? listed.get(id),
    );
  }
}
