import { hash } from "node:crypto";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import { isWellFormed, type KeptValue, type LastingStore, type Seal } from "../../store/index.ts";
import type { CurrentTerm } from "./current-term.ts";
import { createSealedValues } from "./sealed-values.ts";

/** Milliseconds for which a key is kept. */
const KEPT_FOR = 24 * 3_600_000;

/** Whoever reads the store learns no key. */
const nameOf = (key: string): string => hash("sha256", isWellFormed(key) ? key : JSON.stringify(key), "hex");

/** The keys under which callers repeat mutations, in the store. */
export function createIdempotencyKeys(store: LastingStore, seal: Seal, current: CurrentTerm) {
  const keys = createSealedValues(store, seal, current, "idempotency");
  return {
    values: createSealedValues(store, seal, current, "job"),
    /** What is kept of a key, as the store takes it. */
    valueOf: (key: string, kept: StoredKey): KeptValue =>
      keys.sealed(nameOf(key), kept, kept.keptFor ?? KEPT_FOR),
    // Safe: it is what `keep` has been given.
    find: async (key) => (await keys.find(nameOf(key)))?.value as StoredKey | undefined,
    keep(key, kept) {
      if (!kept) return keys.forget(nameOf(key));
      // What has become of a write is kept as long as it can be.
      return keys.keep(nameOf(key), kept, kept.keptFor ?? KEPT_FOR, kept.state === "begun");
    },
  } satisfies StoredKeys & { valueOf: unknown };
}
