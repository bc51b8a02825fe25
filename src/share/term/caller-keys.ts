import { hash } from "node:crypto";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import type { KeptValue, LastingStore, Seal } from "../../store/index.ts";
import type { CurrentTerm } from "./current-term.ts";
import { KeptValues } from "./kept-values.ts";

/** Milliseconds for which a key is kept. */
const KEPT_FOR = 24 * 3_600_000;

/** Whoever reads the store learns no key. */
const nameOf = (key: string): string => hash("sha256", key, "hex");

/** The keys under which callers repeat mutations, in the store. */
export class CallerKeys implements StoredKeys {
  readonly jobs: KeptValues;
  readonly #values: KeptValues;

  constructor(store: LastingStore, seal: Seal, current: CurrentTerm) {
    this.#values = new KeptValues(store, seal, current, "idempotency");
    this.jobs = new KeptValues(store, seal, current, "job");
  }

  /** What is kept of a key, as the store takes it. */
  valueOf(key: string, kept: StoredKey): KeptValue {
    return this.#values.sealed(nameOf(key), kept, kept.keptFor ?? KEPT_FOR);
  }

  async find(key: string): Promise<StoredKey | undefined> {
    // Safe: it is what `keep` has been given.
    return (await this.#values.find(nameOf(key))) as StoredKey | undefined;
  }

  keep(key: string, kept: StoredKey | undefined): Promise<void> {
    if (!kept) return this.#values.forget(nameOf(key));
    // What has become of a write is kept as long as it can be.
    return this.#values.keep(nameOf(key), kept, kept.keptFor ?? KEPT_FOR, kept.state === "begun");
  }
}
