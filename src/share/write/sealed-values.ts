import type { KeptValue, LastingStore, Seal } from "../../store/index.ts";
import type { CurrentTerm } from "./current-term.ts";
import { damagedValue, notSent, unstored } from "./write-errors.ts";

/**
 * What is kept by name in the store, sealed. `place`: names are apart from those of other places by what they are, and
 * values are sealed under it.
 */
export function createSealedValues(store: LastingStore, seal: Seal, current: CurrentTerm, place: string) {
  /** Takes a step in the term, or in one in which writes may begin. */
  async function insist<T>(step: (token: string) => Promise<T>, isBeginning = false): Promise<T> {
    const term = await (isBeginning ? current.open() : current.held());
    return current
      .insist(term, () => step(term.token))
      .catch((error) => {
        throw unstored(error);
      });
  }

  async function change(step: (token: string) => Promise<boolean>, isBeginning?: boolean): Promise<void> {
    if (!(await insist(step, isBeginning))) throw notSent("another process leads now");
  }

  function opened(name: string, value: Buffer): unknown {
    try {
      return JSON.parse(seal.open(`${place} ${name}`, value));
    } catch (cause) {
      throw damagedValue(place, cause);
    }
  }

  /** A value as the store takes it. */
  const sealed = (name: string, value: unknown, ms: number): KeptValue => ({
    name,
    value: seal.seal(`${place} ${name}`, JSON.stringify(value)),
    ms,
  });

  return {
    sealed,
    async find(name: string) {
      const kept = await insist(() => store.kept(name));
      return kept && { ms: kept.ms, value: opened(name, kept.value) };
    },
    /** `isBeginning`: whether something begins by it, which it may not while writes wait. */
    keep: (name: string, value: unknown, ms: number, isBeginning?: boolean): Promise<void> =>
      change((token) => store.keep(token, sealed(name, value, ms)), isBeginning),
    forget: (name: string): Promise<void> => change((token) => store.unkeep(token, name)),
  };
}
