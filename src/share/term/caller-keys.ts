import { createHash } from "node:crypto";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import type { KeptValue, LastingStore, Seal } from "../../store/index.ts";
import type { CurrentTerm } from "./current-term.ts";
import { notSent, unstored } from "./refused-write.ts";

/** Milliseconds for which a key is kept. */
const KEPT_FOR = 24 * 3_600_000;

/** Whoever reads the store learns no key. */
const nameOf = (key: string): string => createHash("sha256").update(key).digest("hex");

const sealedNameOf = (name: string): string => `idempotency ${name}`;

/** The keys under which callers repeat mutations, in the store. */
export class CallerKeys implements StoredKeys {
  readonly #store: LastingStore;
  readonly #seal: Seal;
  readonly #current: CurrentTerm;

  constructor(store: LastingStore, seal: Seal, current: CurrentTerm) {
    this.#store = store;
    this.#seal = seal;
    this.#current = current;
  }

  /** What is kept of a key, as the store takes it. */
  valueOf(key: string, kept: StoredKey): KeptValue {
    const name = nameOf(key);
    return { name, value: this.#seal.seal(sealedNameOf(name), JSON.stringify(kept)), ms: KEPT_FOR };
  }

  async find(key: string): Promise<StoredKey | undefined> {
    const name = nameOf(key);
    const term = await this.#current.held();
    const kept = await this.#current
      .insist(term, () => this.#store.kept(name))
      .catch((error) => {
        throw unstored(error);
      });
    return kept && JSON.parse(this.#seal.open(sealedNameOf(name), kept));
  }

  async keep(key: string, kept: StoredKey | undefined): Promise<void> {
    // What has become of a write is kept as long as it can be.
    const term = await (kept?.state === "begun" ? this.#current.open() : this.#current.held());
    const value = kept && this.valueOf(key, kept);
    const keep = () =>
      value ? this.#store.keep(term.token, value) : this.#store.unkeep(term.token, nameOf(key));
    const isKept = await this.#current.insist(term, keep).catch((error) => {
      throw unstored(error);
    });
    if (!isKept) throw notSent("another process leads now");
  }
}
