import DataLoader from "dataloader";
import { AlmaError, isSameExternalId, stripBlanks } from "../../alma/index.ts";
import {
  type CachedRecord,
  type Catalog,
  DETAIL,
  isArchived,
  type Kind,
  type Operation,
} from "../../catalog/index.ts";

/** A cache that syncs share. It may evict anything at any time. */
export interface SyncCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): unknown;
}

/** Alma ids by kind and Bitrix id. An id may be outdated, so that a read of its record confirms it. */
export type IdCache = SyncCache<number>;

/** A record with its detail; undefined if Alma has none; an error if it could not be read. */
type ReadOutcome = CachedRecord | undefined | AlmaError;

/**
 * Finds records by Bitrix id, with about one call each. Several unknown ids are resolved by one list call; a record
 * that the list omits counts as missing, since a create looks it up again before it creates. Requests made in the same
 * tick are read together. All methods throw AlmaError if Alma cannot be reached.
 */
export class Finder {
  readonly #catalog: Catalog;
  readonly #operation: Operation;
  readonly #knownIds: IdCache;
  readonly #loaders = new Map<Kind, DataLoader<string, CachedRecord | undefined>>();

  constructor(catalog: Catalog, operation: Operation, knownIds: IdCache) {
    this.#catalog = catalog;
    this.#operation = operation;
    this.#knownIds = knownIds;
  }

  /** The record of a Bitrix id, with its detail. */
  find(kind: Kind, externalId: string): Promise<CachedRecord | undefined> {
    let loader = this.#loaders.get(kind);
    if (!loader) {
      loader = new DataLoader<string, CachedRecord | undefined>((ids) => this.#readMany(kind, ids));
      this.#loaders.set(kind, loader);
    }
    return loader.load(externalId);
  }

  /** The cached record of a Bitrix id, of any age; costs no call. */
  peek(kind: Kind, externalId: string): CachedRecord | undefined {
    const [id] = this.#cachedIds(kind, [externalId]);
    const record = id === undefined ? undefined : this.#catalog.store.tables[kind].get(id);
    return isSameExternalId(record?.value.externalId, externalId) ? record : undefined;
  }

  /** As `find`, for a record that is not going to be created: Alma's lookup confirms that there is none. */
  async findOrLookUp(kind: Kind, externalId: string): Promise<CachedRecord | undefined> {
    return (await this.find(kind, externalId)) ?? this.lookUp(kind, externalId);
  }

  /** The record that Alma's lookup finds for a Bitrix id, with its detail. Several records may have one id. */
  async lookUp(kind: Kind, externalId: string): Promise<CachedRecord | undefined> {
    const record = await this.#catalog.findRecord(
      this.#operation,
      kind,
      externalId,
      this.#operation.namedCutoff,
    );
    return record && this.read(record);
  }

  /**
   * The unit or room that Alma finds for a Bitrix id (Alma: Rental object). It may be an apartment that happens to have
   * the number of a Bitrix unit.
   */
  findRentalObject(externalId: string): Promise<CachedRecord | undefined> {
    return this.#catalog.findRentalRecord(this.#operation, externalId, this.#operation.namedCutoff);
  }

  /** A record with its detail; undefined if Alma no longer has it. */
  async read(record: CachedRecord): Promise<CachedRecord | undefined> {
    const request = { record, level: DETAIL, cutoff: this.#operation.namedCutoff };
    const [outcome] = await this.#catalog.load(this.#operation, [request]);
    if (outcome instanceof AlmaError) throw outcome;
    return outcome;
  }

  /** Notes the Alma id of a Bitrix id for later syncs. */
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
   * Confirms a record that was read by a cached id. A record that is gone, archived or has another Bitrix id by now may
   * have a successor, which Alma's lookup finds.
   */
  async #confirm(kind: Kind, externalId: string, outcome: ReadOutcome): Promise<ReadOutcome> {
    if (outcome instanceof AlmaError) return outcome;
    if (outcome && isSameExternalId(outcome.value.externalId, externalId) && !isArchived(outcome)) {
      this.remember(kind, externalId, outcome.id);
      return outcome;
    }
    return this.lookUp(kind, externalId).catch((error) => {
      if (error instanceof AlmaError) return error;
      throw error;
    });
  }

  /** The Alma ids from the cache; one missing id costs a lookup, several the list. */
  async #findIds(
    kind: Kind,
    externalIds: readonly string[],
  ): Promise<readonly (number | undefined | AlmaError)[]> {
    const known = this.#cachedIds(kind, externalIds);
    const missing = externalIds.filter((_, index) => known[index] === undefined);
    const [onlyMissing] = missing;
    if (onlyMissing === undefined) return known;
    try {
      // The path of a contract by Bitrix id is uncertain (Alma: Contracts), so the list is read even for one id.
      const isContract = kind === "ownerContract" || kind === "tenantContract";
      if (missing.length === 1 && !isContract && this.#operation.boundsIndexes) {
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
    // Alma's lookup decides between several records with the same Bitrix id.
    for (const { id, value } of table.listed) {
      const externalId = typeof value.externalId === "string" ? stripBlanks(value.externalId) : undefined;
      listed.set(externalId, listed.has(externalId) ? undefined : id);
    }
    return externalIds.map(
      (id) => this.#knownIds.get(`${kind} ${id}`) ?? table.lookups.get(id)?.id ?? listed.get(id),
    );
  }
}
