import { hash } from "node:crypto";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import { isWellFormed, type LastingStore, type Seal, type StoredValue } from "../../store/index.ts";
import type { CurrentTerm } from "./current-term.ts";
import { createSealedValues } from "./sealed-values.ts";

/** How long a key is stored, in milliseconds. */
const KEY_KEPT_FOR = 24 * 3_600_000;

/** Hashes a key, so that the store does not reveal it. */
const nameOf = (key: string): string => hash("sha256", isWellFormed(key) ? key : JSON.stringify(key), "hex");

/** Creates the store of idempotency keys. */
export function createIdempotencyKeys(store: LastingStore, seal: Seal, current: CurrentTerm) {
  const keys = createSealedValues(store, seal, current, "idempotency");
  return {
    values: createSealedValues(store, seal, current, "job"),
    /** Returns the stored value of a key. */
    valueOf: (key: string, kept: StoredKey): StoredValue =>
      keys.sealed(nameOf(key), kept, kept.keptFor ?? KEY_KEPT_FOR),
    // Safe: stored by `keep`.
    find: async (key) => (await keys.find(nameOf(key)))?.value as StoredKey | undefined,
    keep(key, kept) {
      if (!kept) return keys.forget(nameOf(key));
      // The outcome of a write is stored as long as possible.
      return keys.keep(nameOf(key), kept, kept.keptFor ?? KEY_KEPT_FOR, kept.state === "begun");
    },
  } satisfies StoredKeys & { valueOf: unknown };
}
