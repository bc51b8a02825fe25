import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import { stateReason } from "../operation/read-reason.ts";
import { NEVER } from "../record/source.ts";
import type { LookupReader } from "../shared-read/reader.ts";
import type { LookupKind, LookupResult, Store } from "../store/store.ts";
import { servesStale } from "./load.ts";

/** A lookup by Bitrix id. */
interface Lookup {
  readonly kind: LookupKind;
  readonly externalId: string;
  /** An answer counts only if Alma was asked after this time, and after the last write that may have changed it. */
  readonly cutoff: number;
}

/**
 * Creates the function that finds a record by its Bitrix id. Only Alma knows which of several records with the same id
 * it means, or that there is none. Alma is therefore asked, unless it has answered after the cut-off; that answer is
 * returned synchronously. Rejects with AlmaError.
 */
export function createRecordLookup(store: Store, reader: LookupReader) {
  /** Reserves the call of a lookup and notes it in the explanation. Joining a lookup in progress costs none. */
  function noteCall(operation: Operation, { kind, externalId, cutoff }: Lookup) {
    const { explanation } = operation;
    const isInProgress = reader.isLookingUp(kind, externalId);
    const isAssumed = explanation?.isDry && !explanation.assumeLookup(kind, externalId);
    explanation?.doubt("Alma must look up a Bitrix id first.");
    if (isInProgress || isAssumed) return;
    operation.reserveCalls(1);
    const readAt = store.lookups[kind].get(externalId)?.at ?? NEVER;
    const reason = stateReason(operation, { readAt, writtenAt: store.lookupsInvalidatedAt(kind), cutoff });
    explanation?.calls.push({ read: "LOOKUP", kind, why: `A Bitrix id leads to a record: ${reason}.` });
  }

  /** Asks Alma. An operation that accepts stale data gets the last answer if Alma cannot be reached. */
  async function ask(operation: Operation, { kind, externalId, cutoff }: Lookup) {
    const cutoffs = { cutoff, listCutoff: operation.spellingCutoff };
    try {
      return await operation.waitFor(reader.lookUp(kind, externalId, cutoffs, operation));
    } catch (error) {
      const stale =
        error instanceof AlmaError &&
        servesStale(operation, error) &&
        store.getLookupOfAnyAge(kind, externalId);
      if (stale) return stale;
      throw error;
    }
  }

  function noteResult(operation: Operation, lookup: Lookup, result: LookupResult) {
    operation.noteReading(result.at, lookup.cutoff);
    operation.basis.noteLookup(createValidityCheck(store, lookup, result));
    return result;
  }

  async function lookUp(operation: Operation, lookup: Lookup) {
    const { kind, externalId } = lookup;
    const { explanation } = operation;
    noteCall(operation, lookup);
    if (explanation?.isDry) {
      // Assume that Alma repeats its last answer. A lookup in one kind also reads the record's detail.
      const record = store.getLookupOfAnyAge(kind, externalId)?.record;
      if (record && kind !== "rentalObject") explanation.assumeRead(store, { detail: record, cutoff: NEVER });
      await explanation.answer();
      return { at: NEVER, record };
    }
    return noteResult(operation, lookup, await ask(operation, lookup));
  }

  return (
    operation: Operation,
    kind: LookupKind,
    externalId: string,
    cutoff: number,
  ): LookupResult | Promise<LookupResult> => {
    const lookup = { kind, externalId, cutoff };
    const known = store.getLookup(kind, externalId, cutoff);
    return known ? noteResult(operation, lookup, known) : lookUp(operation, lookup);
  };
}

/**
 * Returns a function that checks whether a result is still current: Alma's last answer, with no later write. It is kept
 * with a cached answer, so it must not retain the operation.
 */
function createValidityCheck(store: Store, { kind, externalId }: Lookup, { record }: LookupResult) {
  return () => {
    const known = store.getLookup(kind, externalId, NEVER);
    return known !== undefined && known.record === record;
  };
}
