import type { StoredValues } from "../../catalog/index.ts";
import type { KeptValue, LastingStore, Seal } from "../../store/index.ts";
import type { CurrentTerm, WritingTerm } from "./current-term.ts";
import { notSent, unstored } from "./refused-write.ts";

/** What is kept by name in the store, sealed. */
export class KeptValues implements StoredValues {
  readonly #store: LastingStore;
  readonly #seal: Seal;
  readonly #current: CurrentTerm;
  readonly #place: string;

  /** `place`: names are apart from those of other places by what they are, and values are sealed under it. */
  constructor(store: LastingStore, seal: Seal, current: CurrentTerm, place: string) {
    this.#store = store;
    this.#seal = seal;
    this.#current = current;
    this.#place = place;
  }

  #sealedNameOf(name: string): string {
    return `${this.#place} ${name}`;
  }

  /** A value as the store takes it. */
  sealed(name: string, value: unknown, ms: number): KeptValue {
    return { name, value: this.#seal.seal(this.#sealedNameOf(name), JSON.stringify(value)), ms };
  }

  async find(name: string): Promise<unknown> {
    const term = await this.#current.held();
    const kept = await this.#current
      .insist(term, () => this.#store.kept(name))
      .catch((error) => {
        throw unstored(error);
      });
    return kept && JSON.parse(this.#seal.open(this.#sealedNameOf(name), kept));
  }

  /** `isBeginning`: whether something begins by it, which it may not while writes wait. */
  async keep(name: string, value: unknown, ms: number, isBeginning = false): Promise<void> {
    const term = await (isBeginning ? this.#current.open() : this.#current.held());
    const kept = this.sealed(name, value, ms);
    await this.#insist(term, () => this.#store.keep(term.token, kept));
  }

  async forget(name: string): Promise<void> {
    const term = await this.#current.held();
    await this.#insist(term, () => this.#store.unkeep(term.token, name));
  }

  async #insist(term: WritingTerm, step: () => Promise<boolean>): Promise<void> {
    const isDone = await this.#current.insist(term, step).catch((error) => {
      throw unstored(error);
    });
    if (!isDone) throw notSent("another process leads now");
  }
}
