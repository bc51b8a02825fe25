import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kindDefinitions } from "../record/kind.ts";
import type { Store } from "../store/store.ts";

const CONTRACT_KINDS: readonly Kind[] = ["ownerContract", "tenantContract"];

/**
 * Rental objects and clients of contracts that start or end today: their statuses follow the calendar. `onChange` is
 * called with each record that begins or ceases to be one of these.
 */
export function createChangingToday({ tables }: Store, onChange: (cached: CachedRecord) => void) {
  let day = "";
  /** By key: a record may be remembered later. One that a contract no longer refers to stays until the day ends. */
  let changing = new Map<string, { readonly kind: Kind; readonly id: number }>();

  /** Notes a contract that has changed; does nothing for other records. */
  function note({ kind: contractKind, isListed, value }: CachedRecord): void {
    if (!isListed || !CONTRACT_KINDS.includes(contractKind)) return;
    if (value.startDate !== day && value.endDate !== day) return;
    for (const { to, idOf } of Object.values(kindDefinitions[contractKind].relations)) {
      const id = idOf(value);
      if (id == null) continue;
      for (const kind of to) {
        changing.set(`${kindDefinitions[kind].typeName}:${id}`, { kind, id });
        tell(kind, id);
      }
    }
  }

  function tell(kind: Kind, id: number): void {
    const cached = tables[kind].getRemembered(id);
    if (cached) onChange(cached);
  }

  return {
    note,

    has: ({ key }: CachedRecord): boolean => changing.has(key),

    /** Begins a day. Only then are all contracts looked at. */
    setDay(today: string): void {
      if (today === day) return;
      day = today;
      const before = changing;
      changing = new Map();
      for (const { kind, id } of before.values()) tell(kind, id);
      for (const kind of CONTRACT_KINDS) for (const cached of tables[kind].listed) note(cached);
    },
  };
}
