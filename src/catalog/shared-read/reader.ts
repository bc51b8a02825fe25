import { type Alma, AlmaError, type Clock } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { DETAIL, NEVER } from "../record/source.ts";
import type { Store } from "../store/store.ts";
import { type SharedRead, SingleFlight, type Waiter } from "./shared-read.ts";

/**
 * Reads Alma into the store; simultaneous reads of the same thing are one call. Reads of lists and details note a
 * failure in the store and do not throw it. All throw the waiter's `stopReason`, or ALMA_UNAVAILABLE once it is
 * stopped.
 *
 * Parameters: nothing is read if the data was read after `cutoff`, or if a read of it failed after `since`.
 */
export function createReader(alma: Alma, store: Store, clock: Clock, sharedReads = new SingleFlight()) {
  /** Reads the list of a kind, unless it is known or its read has failed. */
  function readList(kind: Kind, cutoff: number, since: number, waiter: Waiter): Promise<void> {
    return readListUntil(kind, () => store.tables[kind].isListKnown(cutoff), since, waiter);
  }

  function readListUntil(kind: Kind, isKnown: () => boolean, since: number, waiter: Waiter): Promise<void> {
    const table = store.tables[kind];
    const isEnough = () => isKnown() || (table.listFailure?.at ?? NEVER) > since;
    return sharedReads.readUntil(listKey(kind), isEnough, waiter, async (sharedRead) => {
      const startedAt = clock();
      try {
        const known = table.listFingerprint;
        const { asOf, value } = await alma[kind].list(sharedRead, known);
        const end = clock();
        if (value) await store.applyList(kind, value, asOf, sharedRead.signal, end);
        // What repeats a list that has been replaced meanwhile is not enough for its waiters: they read again.
        else if (known !== undefined) await store.repeatList(kind, known, asOf, end);
      } catch (error) {
        table.listFailure = { at: startedAt, error: toAlmaError(error) };
      }
    });
  }

  async function applyDetail(cached: CachedRecord, sharedRead: SharedRead): Promise<void> {
    const { kind, id } = cached;
    const { asOf, match, isConclusive } = await alma[kind].get({ id }, sharedRead);
    if (match) {
      store.applyDetail(kind, match, asOf, clock());
      return;
    }
    const end = clock();
    if (!isConclusive) await readDecidingList(kind, asOf, asOf, sharedRead);
    if (isConclusive || !cached.isListed) return cached.markGone(asOf, end, isConclusive);
    const message =
      `Alma lists ${cached.key} but has no such record when asked for it. Ask again in a moment; ` +
      "if it stays so, tell Alma's operator.";
    throw new AlmaError("ALMA_BAD_ANSWER", message);
  }

  /**
   * Reads the list that decides an inconclusive 404 of `notFoundAt`, unless it was read after `cutoff`. Returns the
   * earlier time of the two readings. Throws why the list could not be read.
   */
  async function readDecidingList(
    kind: Kind,
    notFoundAt: number,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<number> {
    const table = store.tables[kind];
    await readList(kind, cutoff, notFoundAt, sharedRead);
    if (!table.isListKnown(cutoff) && table.listFailure) throw table.listFailure.error;
    return Math.min(notFoundAt, table.listAt);
  }

  return {
    /** Whether a read of this detail is under way, so that joining it costs no call. */
    isReadingDetail: ({ key }: CachedRecord) => sharedReads.isReading(key),

    /** Whether a read of this kind's list is under way, so that joining it costs no call. */
    isReadingList: (kind: Kind) => sharedReads.isReading(listKey(kind)),

    /** Resolves when all reads that are under way now are over. */
    whenOver: () => sharedReads.whenOver(),

    /** Aborts every read, and starts no other. */
    stop(): void {
      const message =
        "This process reads nothing more: it is being stopped, or another one leads now. Ask again in a moment.";
      sharedReads.close(new AlmaError("ALMA_UNAVAILABLE", message));
    },

    /** Milliseconds until a probe may be sent to Alma; undefined if Alma is not down. */
    downFor: () => alma.state().downFor,
    readList,

    /** As `readList`, but a list that a write may have touched since it was read is enough. */
    readListOnce(kind: Kind, cutoff: number, since: number, waiter: Waiter): Promise<void> {
      return readListUntil(kind, () => store.tables[kind].listAt > cutoff, since, waiter);
    },

    /** Reads a detail, unless it is known, the record is known to be gone, or the read has failed. */
    readDetail(cached: CachedRecord, cutoff: number, since: number, waiter: Waiter): Promise<void> {
      const isEnough = () =>
        cached.asOf(DETAIL) > cutoff || cached.isGone(cutoff) || cached.failureSince(since) !== undefined;
      return sharedReads.readUntil(cached.key, isEnough, waiter, async (sharedRead) => {
        const startedAt = clock();
        try {
          await applyDetail(cached, sharedRead);
        } catch (error) {
          cached.markFailed(startedAt, toAlmaError(error));
        }
      });
    },
    readDecidingList,
  };
}

export type Reader = ReturnType<typeof createReader>;

const listKey = (kind: Kind): string => `${kind} list`;

/** Returns an AlmaError; throws anything else, which is a programming error. */
function toAlmaError(error: unknown): AlmaError {
  if (error instanceof AlmaError) return error;
  throw error;
}
