import { LRUCache } from "lru-cache";
import { type Kind, kinds } from "../record/kind.ts";

/** What a Bitrix id is looked up as: a record of a kind, or a unit or room (Alma: Rental object). */
export type LookupKind = Kind | "rentalObject";

export const lookupKinds: readonly LookupKind[] = [...kinds, "rentalObject"];

/** Alma's answer for a Bitrix id, and when Alma was asked. */
interface IdLookup {
  readonly at: number;
  /** Of a rental object: of which kind it is. */
  readonly kind?: Kind | undefined;
  /** Undefined: there is no such record. */
  readonly id: number | undefined;
}

/** The maximum number of characters of all remembered Bitrix ids; each id counts as 100 more. */
const MAX_CHARACTERS = 4_000_000;

/**
 * A cache of answers by Bitrix id. It keeps the last used ones, since callers may ask for any number of long ids.
 * `onChange` is called with each id whose answer is set or forgotten.
 */
export function createLookupCache(onChange: (externalId: string) => void): LRUCache<string, IdLookup> {
  return new LRUCache<string, IdLookup>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_result, externalId) => externalId.length + 100,
    onInsert: (_result, externalId) => onChange(externalId),
    dispose: (_result, externalId, reason) => {
      if (reason === "evict") onChange(externalId);
    },
  });
}
