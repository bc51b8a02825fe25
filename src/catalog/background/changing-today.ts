import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { Store } from "../store/store.ts";

const CONTRACT_KINDS: readonly Kind[] = ["ownerContract", "tenantContract"];

/** Rental objects and clients of contracts that start or end today: their statuses follow the calendar. */
export class ChangingToday {
  readonly #store: Store;
  readonly #onChange: (cached: CachedRecord) => void;
  #day = "";
  /** Their ids. One that a contract no longer refers to stays until the day ends. */
  #objectIds = new Set<number>();
  #clientIds = new Set<number>();

  /** `onChange` is called with each record that begins or ceases to be one of these. */
  constructor(store: Store, onChange: (cached: CachedRecord) => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  has({ kind, id }: CachedRecord): boolean {
    if (kind === "unit" || kind === "room") return this.#objectIds.has(id);
    return kind === "client" && this.#clientIds.has(id);
  }

  /** Begins a day. Only then are all contracts looked at. */
  setDay(day: string): void {
    if (day === this.#day) return;
    this.#day = day;
    const before = [...this.#objectsOf(this.#objectIds), ...this.#clientsOf(this.#clientIds)];
    this.#objectIds = new Set();
    this.#clientIds = new Set();
    for (const cached of before) this.#onChange(cached);
    for (const kind of CONTRACT_KINDS)
      for (const cached of this.#store.tables[kind].listed) this.note(cached);
  }

  /** Notes a contract that has changed; does nothing for other records. */
  note({ kind, isListed, value }: CachedRecord): void {
    if (!isListed || !CONTRACT_KINDS.includes(kind)) return;
    if (value.startDate !== this.#day && value.endDate !== this.#day) return;
    const { rentalObject, client } = this.#store.tables[kind].definition.relations;
    const objectId = rentalObject?.idOf(value);
    const clientId = client?.idOf(value);
    if (objectId != null) this.#objectIds.add(objectId);
    if (clientId != null) this.#clientIds.add(clientId);
    for (const cached of this.#objectsOf(objectId == null ? [] : [objectId])) this.#onChange(cached);
    for (const cached of this.#clientsOf(clientId == null ? [] : [clientId])) this.#onChange(cached);
  }

  #objectsOf(ids: Iterable<number>): readonly CachedRecord[] {
    const { unit, room } = this.#store.tables;
    const records = [...ids].flatMap((id) => [unit.getRemembered(id), room.getRemembered(id)]);
    return records.filter((cached) => cached !== undefined);
  }

  #clientsOf(ids: Iterable<number>): readonly CachedRecord[] {
    const records = [...ids].map((id) => this.#store.tables.client.getRemembered(id));
    return records.filter((cached) => cached !== undefined);
  }
}
