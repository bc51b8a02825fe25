import DataLoader from "dataloader";
import { AlmaError, isSameExternalId } from "../../../alma/index.ts";
import {
  type CachedRecord,
  type Catalog,
  DETAIL,
  isArchived,
  isContractKind,
  type Kind,
  type Operation,
} from "../../../catalog/index.ts";

/** A record with its detail; undefined if Alma has none; an error if it could not be read. */
type ReadOutcome = CachedRecord | undefined | AlmaError;

/**
 * Creates a finder of records by Bitrix id, with about one call each. Several unknown ids are resolved by one list
 * call; a record that the list omits counts as missing, since a create looks it up again. Requests in the same tick are
 * read together. All methods throw AlmaError if Alma cannot be reached.
 */
export function createFinder(catalog: Catalog, operation: Operation) {
  const loaders = new Map<Kind, DataLoader<string, CachedRecord | undefined>>();

  /** Finds the record of a Bitrix id, with its detail. */
  function find(kind: Kind, externalId: string) {
    const loader =
      loaders.get(kind) ?? new DataLoader<string, CachedRecord | undefined>((ids) => readMany(kind, ids));
    loaders.set(kind, loader);
    return loader.load(externalId);
  }

  /** Looks up a Bitrix id in Alma and returns the record with its detail. Several records may have one id. */
  async function lookUp(kind: Kind, externalId: string) {
    const { record } = await catalog.lookUp(operation, kind, externalId, operation.namedCutoff);
    return record && read(record);
  }

  /** Returns a record with its detail; undefined if Alma no longer has it. */
  async function read(record: CachedRecord) {
    const request = { record, level: DETAIL, cutoff: operation.namedCutoff };
    const [outcome] = await catalog.load(operation, [request]);
    if (outcome instanceof AlmaError) throw outcome;
    return outcome;
  }

  async function readMany(kind: Kind, externalIds: readonly string[]): Promise<readonly ReadOutcome[]> {
    const ids = await findIds(kind, externalIds);
    const { tables } = catalog.store;
    const cutoff = operation.namedCutoff;
    const requests = ids.flatMap((id) =>
      typeof id === "number" ? [{ record: tables[kind].getOrCreate(id), level: DETAIL, cutoff }] : [],
    );
    const outcomes = (await catalog.load(operation, requests)).values();
    return Promise.all(
      ids.map((id, index) => {
        if (typeof id !== "number") return id;
        const { value: outcome } = outcomes.next();
        return confirm(kind, externalIds[index] ?? "", outcome);
      }),
    );
  }

  /**
   * Confirms a record read by a cached id. If it is gone, archived or has another Bitrix id, Alma's lookup may find a
   * successor.
   */
  async function confirm(kind: Kind, externalId: string, outcome: ReadOutcome): Promise<ReadOutcome> {
    if (outcome instanceof AlmaError) return outcome;
    if (outcome && isSameExternalId(outcome.value.externalId, externalId) && !isArchived(outcome))
      return outcome;
    return lookUp(kind, externalId).catch((error) => {
      if (error instanceof AlmaError) return error;
      throw error;
    });
  }

  /** Returns the Alma ids from the cache. One missing id costs a lookup; several cost the list. */
  async function findIds(
    kind: Kind,
    externalIds: readonly string[],
  ): Promise<readonly (number | undefined | AlmaError)[]> {
    const known = externalIds.map((id) => cachedId(kind, id));
    const missing = externalIds.filter((_, index) => known[index] === undefined);
    const [onlyMissing] = missing;
    if (onlyMissing === undefined) return known;
    try {
      // The path of a contract by Bitrix id is uncertain (Alma: Contracts), so the list is read even for one id.
      if (missing.length === 1 && !isContractKind(kind) && operation.boundsIndexes) {
        const record = await lookUp(kind, onlyMissing);
        return known.map((id) => id ?? record?.id);
      }
      await catalog.findMembers(operation, {
        kind,
        needsDetails: false,
        decidingSummaryFields: ["externalId"],
      });
      return externalIds.map((id) => cachedId(kind, id));
    } catch (error) {
      if (!(error instanceof AlmaError)) throw error;
      return known.map((id) => id ?? error);
    }
  }

  /** Returns the Alma id of a Bitrix id as last read. Alma's lookup decides between several listed records with it. */
  function cachedId(kind: Kind, externalId: string) {
    const { lookups, tables } = catalog.store;
    const listed = tables[kind].withId("externalId", externalId).filter(({ isListed }) => isListed);
    const known = listed.length > 1 ? undefined : tables[kind].findKnown(externalId);
    return lookups[kind].get(externalId)?.id ?? known?.id;
  }

  return {
    find,

    /** Returns the cached record of a Bitrix id, of any age, without a call. */
    peek(kind: Kind, externalId: string): CachedRecord | undefined {
      const id = cachedId(kind, externalId);
      const record = id === undefined ? undefined : catalog.store.tables[kind].get(id);
      return isSameExternalId(record?.value.externalId, externalId) ? record : undefined;
    },

    /** Like `find`, for a record that will not be created: Alma's lookup confirms that there is none. */
    async findOrLookUp(kind: Kind, externalId: string) {
      return (await find(kind, externalId)) ?? lookUp(kind, externalId);
    },
    lookUp,

    /**
     * Finds the unit or room that Alma's lookup returns for a Bitrix id (Alma: Rental object). It may be an apartment
     * that happens to have the number of a Bitrix unit.
     */
    async findRentalObject(externalId: string) {
      const found = await catalog.lookUp(operation, "rentalObject", externalId, operation.namedCutoff);
      return found.record;
    },
    read,
  };
}

export type Finder = ReturnType<typeof createFinder>;
