import type { LastingStore, Seal, StoredValue } from "../../store/index.ts";
import type { CurrentTerm } from "./current-term.ts";
import { damagedValueError, noLeaderError, notStoredError } from "./write-errors.ts";

/**
 * Creates storage for encrypted values by name, which only the leader uses. `place` separates the names from others,
 * and is part of the encryption, so that a value moved to another place cannot be read.
 */
export function createSealedValues(store: LastingStore, seal: Seal, current: CurrentTerm, place: string) {
  /** Performs a step in the current term; with `isBeginning`, only if writes may begin in it. */
  async function runInTerm<T>(step: (token: string) => Promise<T>, isBeginning = false): Promise<T> {
    const term = await (isBeginning ? current.open() : current.whenLeading());
    return current.retry(term, step).catch((error) => {
      throw notStoredError(error);
    });
  }

  async function change(step: (token: string) => Promise<boolean>, isBeginning?: boolean): Promise<void> {
    if (!(await runInTerm(step, isBeginning))) throw noLeaderError("another process leads now");
  }

  function opened(name: string, value: Uint8Array): unknown {
    try {
      return JSON.parse(seal.open(`${place} ${name}`, value));
    } catch (cause) {
      throw damagedValueError(place, cause);
    }
  }

  /** Returns a value in the form of the store. */
  const sealed = (name: string, value: unknown, ms: number): StoredValue => ({
    name,
    value: seal.seal(`${place} ${name}`, JSON.stringify(value)),
    ms,
  });

  return {
    sealed,
    async find(name: string) {
      const kept = await runInTerm(() => store.findValue(name));
      return kept && { ms: kept.ms, value: opened(name, kept.value) };
    },
    /** Stores a value. `isBeginning`: whether it starts new work, which must wait while writes wait. */
    keep: (name: string, value: unknown, ms: number, isBeginning?: boolean): Promise<void> =>
      change((token) => store.storeValue(token, sealed(name, value, ms)), isBeginning),
    forget: (name: string): Promise<void> => change((token) => store.deleteValue(token, name)),
  };
}
