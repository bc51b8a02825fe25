import { stripBlanks } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";

/** The remembered records of one kind by the Bitrix id in one of their fields, without the blanks around it. */
export class IdIndex {
  readonly #field: string;
  /** By id; a set only where several records share it. */
  readonly #records = new Map<string, CachedRecord | Set<CachedRecord>>();
  /** The id by which each record is in the index, by its slot. */
  readonly #ids: (string | undefined)[] = [];

  constructor(field: string) {
    this.#field = field;
  }

  /** The records with this id, the highest Alma id first. */
  find(externalId: string): CachedRecord[] {
    const found = this.#records.get(stripBlanks(externalId));
    if (!found) return [];
    return found instanceof Set ? [...found].sort((one, other) => other.id - one.id) : [found];
  }

  /** Notes the id that a remembered record has now. */
  update(cached: CachedRecord): void {
    const value = cached.value[this.#field];
    const id = typeof value === "string" ? stripBlanks(value) : "";
    this.#set(cached, id === "" ? undefined : id);
  }

  /** Takes a record out that is about to lose its slot. */
  delete(cached: CachedRecord): void {
    this.#set(cached, undefined);
  }

  #set(cached: CachedRecord, id: string | undefined): void {
    const previous = this.#ids[cached.slot];
    if (previous === id) return;
    if (previous !== undefined) this.#remove(cached, previous);
    this.#ids[cached.slot] = id;
    if (id === undefined) return;
    const others = this.#records.get(id);
    if (others instanceof Set) others.add(cached);
    else this.#records.set(id, others ? new Set([others, cached]) : cached);
  }

  #remove(cached: CachedRecord, id: string): void {
    const found = this.#records.get(id);
    if (found instanceof Set) found.delete(cached);
    if (found === cached || (found instanceof Set && found.size === 0)) this.#records.delete(id);
  }
}
