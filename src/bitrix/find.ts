import DataLoader from "dataloader";
import { AlmaError } from "../alma/index.ts";
import { type Catalog, DETAIL, type Entry, isArchived, type Kind, type Operation } from "../catalog/index.ts";

/** What syncs remember of each other; it may forget. */
export interface Memory<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): unknown;
}

/**
 * The Alma ids of records by kind and Bitrix id, as they once were: where to look first. Each is confirmed by the
 * record itself.
 */
export type KnownIds = Memory<number>;

/** A record read as a whole, undefined if Alma shows none, or why it could not be read. */
type Found = Entry | undefined | AlmaError;

/**
 * Finds records by their Bitrix ids, with about one call for each: where several ids are not known yet, the list
 * tells them all. What the list does not show counts as not there: a create looks once more before it creates.
 * What is asked for in one step is read together. Everything throws AlmaError if Alma cannot be asked.
 */
export class Finder {
  readonly #catalog: Catalog;
  readonly #work: Operation;
  readonly #known: KnownIds;
  readonly #records = new Map<Kind, DataLoader<string, Entry | undefined>>();
  readonly #ids = new Map<Kind, DataLoader<string, number | undefined>>();

  constructor(catalog: Catalog, work: Operation, known: KnownIds) {
    this.#catalog = catalog;
    this.#work = work;
    this.#known = known;
  }

  /** The record of a Bitrix id, as a whole. */
  one(kind: Kind, externalId: string): Promise<Entry | undefined> {
    let loader = this.#records.get(kind);
    if (!loader) {
      loader = new DataLoader<string, Entry | undefined>((ids) => this.#read(kind, ids));
      this.#records.set(kind, loader);
    }
    return loader.load(externalId);
  }

  /** The record of a Bitrix id as it was when it was last read, if it ever was. */
  remembered(kind: Kind, externalId: string): Entry | undefined {
    const [id] = this.#remembered(kind, [externalId]);
    const entry = id === undefined ? undefined : this.#catalog.store.tables[kind].peek(id);
    return entry?.value.externalId === externalId ? entry : undefined;
  }

  /** The Alma id of a Bitrix id, without reading the record. */
  idOf(kind: Kind, externalId: string): Promise<number | undefined> {
    let loader = this.#ids.get(kind);
    if (!loader) {
      loader = new DataLoader<string, number | undefined>((ids) => this.#almaIds(kind, ids));
      this.#ids.set(kind, loader);
    }
    return loader.load(externalId);
  }

  /** Alma's own choice among the records with a Bitrix id, as a whole. */
  async lookUp(kind: Kind, externalId: string): Promise<Entry | undefined> {
    const entry = await this.#catalog.lookup(this.#work, kind, externalId, this.#work.named);
    return entry && this.read(entry);
  }

  /** The unit or room that stands for a Bitrix unit (Alma: Rental object). */
  rentalObject(externalId: string): Promise<Entry | undefined> {
    return this.#catalog.rentalObject(this.#work, externalId, this.#work.named);
  }

  /** A record as a whole; undefined if it has gone. */
  async read(record: Entry): Promise<Entry | undefined> {
    const want = { record, level: DETAIL, cutoff: this.#work.named };
    const [outcome] = await this.#catalog.load(this.#work, [want]);
    if (outcome instanceof AlmaError) throw outcome;
    return outcome;
  }

  /** Notes which record a Bitrix id has, for the next time. */
  note(kind: Kind, externalId: string, id: number): void {
    this.#known.set(`${kind} ${externalId}`, id);
  }

  async #read(kind: Kind, externalIds: readonly string[]): Promise<readonly Found[]> {
    const ids = await this.#almaIds(kind, externalIds);
    const { tables } = this.#catalog.store;
    const cutoff = this.#work.named;
    const wants = ids.flatMap((id) =>
      typeof id === "number" ? [{ record: tables[kind].entry(id), level: DETAIL, cutoff }] : [],
    );
    const outcomes = (await this.#catalog.load(this.#work, wants)).values();
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
  async #confirm(kind: Kind, externalId: string, outcome: Found): Promise<Found> {
    if (outcome instanceof AlmaError) return outcome;
    if (outcome?.value.externalId === externalId && !isArchived(outcome)) {
      this.note(kind, externalId, outcome.id);
      return outcome;
    }
    return this.lookUp(kind, externalId).catch((error) => {
      if (error instanceof AlmaError) return error;
      throw error;
    });
  }

  /** The Alma ids, as far as they are known or the list or a lookup tells, or why those that are not cannot be told. */
  async #almaIds(
    kind: Kind,
    externalIds: readonly string[],
  ): Promise<readonly (number | undefined | AlmaError)[]> {
    const known = this.#remembered(kind, externalIds);
    const missing = externalIds.filter((_, index) => known[index] === undefined);
    const [only] = missing;
    if (only === undefined) return known;
    try {
      // How a contract is asked for by its Bitrix id is not certain, so that its list is the surer way.
      if (missing.length === 1 && kind !== "ownerContract" && kind !== "tenantContract") {
        const found = await this.lookUp(kind, only);
        return known.map((id) => id ?? found?.id);
      }
      await this.#catalog.members(this.#work, { kind, byDetail: false, byList: ["externalId"] });
      return this.#remembered(kind, externalIds);
    } catch (error) {
      if (!(error instanceof AlmaError)) throw error;
      return known.map((id) => id ?? error);
    }
  }

  #remembered(kind: Kind, externalIds: readonly string[]): (number | undefined)[] {
    const table = this.#catalog.store.tables[kind];
    const listed = new Map<unknown, number | undefined>();
    // Which of several with the same Bitrix id is meant, is Alma's to say.
    for (const { id, value } of table.listed)
      listed.set(value.externalId, listed.has(value.externalId) ? undefined : id);
    return externalIds.map(
      (id) => this.#known.get(`${kind} ${id}`) ?? table.lookups.get(id)?.id ?? listed.get(id),
    );
  }
}
