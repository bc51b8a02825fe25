import { AlmaError } from "../alma/index.ts";
import { type Catalog, DETAIL, type Entry, type Kind, type Operation } from "../catalog/index.ts";

/**
 * The Alma ids of records by kind and Bitrix id, as they once were: where to look first. Each is confirmed by the
 * record itself.
 */
export interface KnownIds {
  get(key: string): number | undefined;
  set(key: string, id: number): unknown;
}

/** A record read as a whole, undefined if Alma shows none, or why it could not be read. */
export type Found = Entry | undefined | AlmaError;

/**
 * Finds records by their Bitrix ids, with about one call for each: where several ids are not known yet, the list
 * tells them all. What the list does not show counts as not there: a create looks once more before it creates.
 */
export class Finder {
  readonly #catalog: Catalog;
  readonly #work: Operation;
  readonly #ids: KnownIds;
  readonly #asked = new Map<string, Promise<Found>>();

  constructor(catalog: Catalog, work: Operation, ids: KnownIds) {
    this.#catalog = catalog;
    this.#work = work;
    this.#ids = ids;
  }

  /** Notes which record a Bitrix id has, for the next time. */
  note(kind: Kind, externalId: string, id: number): void {
    this.#ids.set(`${kind} ${externalId}`, id);
  }

  /** Reads several records of a kind; each answer is then to be had from `one`. Never rejects. */
  async all(kind: Kind, externalIds: Iterable<string>): Promise<void> {
    const ids = [...new Set(externalIds)].filter((id) => !this.#asked.has(`${kind} ${id}`));
    const reading = this.#read(kind, ids);
    for (const [index, id] of ids.entries()) {
      this.#asked.set(
        `${kind} ${id}`,
        reading.then((found) => found[index]),
      );
    }
    await reading;
  }

  /** The record of a Bitrix id. Throws AlmaError if it cannot be read. */
  async one(kind: Kind, externalId: string): Promise<Entry | undefined> {
    await this.all(kind, [externalId]);
    const found = await this.#asked.get(`${kind} ${externalId}`);
    if (found instanceof AlmaError) throw found;
    return found;
  }

  async #read(kind: Kind, externalIds: readonly string[]): Promise<readonly Found[]> {
    try {
      const ids = await this.#almaIds(kind, externalIds);
      const { tables } = this.#catalog.store;
      const cutoff = this.#work.named;
      const wants = ids.flatMap((id) =>
        id === undefined ? [] : [{ record: tables[kind].entry(id), level: DETAIL, cutoff }],
      );
      const outcomes = (await this.#catalog.load(this.#work, wants)).values();
      return await Promise.all(
        ids.map((id, index) => {
          if (id === undefined) return undefined;
          const { value: outcome } = outcomes.next();
          return this.#confirm(kind, externalIds[index] ?? "", outcome);
        }),
      );
    } catch (error) {
      if (!(error instanceof AlmaError)) throw error;
      return externalIds.map(() => error);
    }
  }

  /** A record that has gone, or has another Bitrix id by now, is not the one that is looked for: Alma is asked. */
  async #confirm(kind: Kind, externalId: string, outcome: Found): Promise<Found> {
    if (outcome instanceof AlmaError) return outcome;
    if (outcome?.value.externalId === externalId) {
      this.note(kind, externalId, outcome.id);
      return outcome;
    }
    return this.lookUp(kind, externalId).catch((error) => {
      if (error instanceof AlmaError) return error;
      throw error;
    });
  }

  /** Alma's own choice, read as a whole. Throws AlmaError. */
  async lookUp(kind: Kind, externalId: string): Promise<Entry | undefined> {
    const entry = await this.#catalog.lookup(this.#work, kind, externalId, this.#work.named);
    return entry && this.read(entry);
  }

  /** A record as a whole; undefined if it has gone. Throws AlmaError. */
  async read(record: Entry): Promise<Entry | undefined> {
    const want = { record, level: DETAIL, cutoff: this.#work.named };
    const [outcome] = await this.#catalog.load(this.#work, [want]);
    if (outcome instanceof AlmaError) throw outcome;
    return outcome;
  }

  /** The Alma ids, as far as they are known or the list or a lookup tells. */
  async #almaIds(kind: Kind, externalIds: readonly string[]): Promise<readonly (number | undefined)[]> {
    const known = this.#known(kind, externalIds);
    const missing = externalIds.filter((_, index) => known[index] === undefined);
    const [only] = missing;
    if (only === undefined) return known;
    // How a contract is asked for by its Bitrix id is not certain, so that its list is the surer way.
    if (missing.length === 1 && kind !== "ownerContract" && kind !== "tenantContract") {
      const found = await this.lookUp(kind, only);
      return known.map((id) => id ?? found?.id);
    }
    await this.#catalog.members(this.#work, { kind, byDetail: false });
    return this.#known(kind, externalIds);
  }

  #known(kind: Kind, externalIds: readonly string[]): (number | undefined)[] {
    const table = this.#catalog.store.tables[kind];
    const listed = new Map<unknown, number | undefined>();
    // Which of several with the same Bitrix id is meant, is Alma's to say.
    for (const { id, value } of table.listed)
      listed.set(value.externalId, listed.has(value.externalId) ? undefined : id);
    return externalIds.map(
      (id) => this.#ids.get(`${kind} ${id}`) ?? table.lookups.get(id)?.id ?? listed.get(id),
    );
  }
}
