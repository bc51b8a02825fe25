import type { WriteIntent } from "../../catalog/index.ts";
import type { LastingStore, Seal, StoredValue } from "../../store/index.ts";
import type { Term } from "../replication/term.ts";
import { CurrentTerm, type CurrentTermOptions } from "./current-term.ts";
import { createIdempotencyKeys } from "./idempotency-keys.ts";
import { notSent, unstored } from "./write-errors.ts";

const HOUR = 3_600_000;
/** In milliseconds. */
const TERM_CHECK_INTERVAL = 250;

/** Stores an intent in a term; false if the term has ended. */
type StoreIntent = (token: string) => Promise<boolean>;

/** Options of write intents. Times in milliseconds. */
interface WriteIntentOptions extends CurrentTermOptions {
  readonly store: LastingStore;
  readonly seal: Seal;
  /** The result of `settlingTimeOf`. */
  readonly settlingTime: number;
  /** How long after its outcome is known a write's changes are certainly invalidated by every leader. */
  readonly touchedWithin: number;
  /** How long the answer to a write waits at most until everything that is known is stored; 0 does not wait. */
  readonly storedWithin: number;
}

/**
 * Returns how long after its start, in milliseconds, a write of unknown outcome can no longer be performed. It is
 * recorded again when Alma's timeout has passed.
 */
export const settlingTimeOf = (writeSettlingTime: number, almaTimeout: number): number =>
  writeSettlingTime + 2 * almaTimeout;

/** Returns the store's key for a forwarded mutation that may have written. */
export const markKey = (forwardingId: string): string => `mark:${forwardingId}`;

/**
 * Records the writes of a backend in the store before they are sent, so that later leaders know them. Outside a term
 * all writes are refused.
 */
export function createWriteIntents(options: WriteIntentOptions) {
  const { store, seal, runtime, settlingTime, touchedWithin, storedWithin } = options;
  const current = new CurrentTerm(options);
  const keys = createIdempotencyKeys(store, seal, current);
  /** The writes in progress: how they are stored, and when they end at the latest. */
  const open = new Map<string, { readonly storeIn: StoreIntent; readonly forget: () => void }>();
  /** The intents that have ended but are still stored. */
  const over = new Set<string>();
  let closing: Promise<void> | undefined;

  function noteOpen(id: string, storeIn: StoreIntent): void {
    open.set(id, { storeIn, forget: runtime.after(settlingTime, () => end(id)) });
  }

  function storeOf(intent: WriteIntent, kept: readonly StoredValue[]): StoreIntent {
    const sealed = seal.seal(`intent ${intent.id}`, JSON.stringify(intent));
    return (token) => store.beginIntent(token, intent.id, sealed, kept);
  }

  /** Removes the intent once its known effects are published. */
  function end(id: string): void {
    const ended = open.get(id);
    if (!ended) return;
    ended.forget();
    open.delete(id);
    remove(id);
  }

  function remove(id: string): void {
    over.add(id);
    closing ??= Promise.resolve().then(close);
  }

  async function close(): Promise<void> {
    while (over.size > 0 && current.term)
      await storeKnown(current.term).catch(() => runtime.sleep(TERM_CHECK_INTERVAL));
    closing = undefined;
  }

  /** Publishes everything that is known, and removes the ended intents. */
  async function storeKnown({ token, publisher }: Term): Promise<void> {
    const ids = [...over];
    await publisher.publish();
    if (ids.length > 0) await store.endIntents(token, ids);
    for (const id of ids) over.delete(id);
  }

  return {
    /** The idempotency keys of mutations. */
    keys,

    /** Lets writes begin in a term, or in none. */
    enter(term: Term | undefined): void {
      current.term = term;
    },

    /** Returns the intents of earlier terms. Rejects with the store's error. */
    async left(): Promise<readonly WriteIntent[]> {
      return (await store.intents()).map(([id, sealed]) => JSON.parse(seal.open(`intent ${id}`, sealed)));
    },

    /** Ends intents of earlier terms once Alma can no longer perform their writes. */
    endLater(intents: readonly WriteIntent[]): void {
      for (const intent of intents) noteOpen(intent.id, storeOf(intent, []));
    },

    /**
     * Stores the writes in progress again in a term, because the store may have lost them. Rejects with the store's
     * error.
     */
    async storeAgain(term: Term): Promise<void> {
      for (const { storeIn } of open.values()) await current.retry(term, () => storeIn(term.token));
    },

    async begin(intent: WriteIntent): Promise<void> {
      const term = await current.open();
      const { idempotency, ...noted } = intent;
      const { id, forwardingId } = noted;
      const kept: StoredValue[] = [];
      if (forwardingId !== undefined)
        kept.push({ name: markKey(forwardingId), value: Buffer.of(1), ms: HOUR });
      if (idempotency) {
        const { key, ...request } = idempotency;
        kept.push(keys.valueOf(key, { ...request, state: "sent" }));
      }
      const storeIn = storeOf(noted, kept);
      const isBegun = await current
        .retry(term, () => storeIn(term.token))
        .catch((error) => {
          // The intent may be in the store nevertheless.
          remove(id);
          throw unstored(error);
        });
      if (!isBegun) {
        term.lose();
        throw notSent("another process leads now");
      }
      noteOpen(id, storeIn);
      if (!term.hasLease()) await current.whenLeading();
    },

    check(): void {
      if (!current.term?.hasLease()) throw notSent("this process no longer leads");
    },

    end,

    /**
     * Resolves when every process that may answer from memory knows all writes begun here: immediately in this term, or
     * if everything was published in it; otherwise when the next leader has certainly invalidated their effects. It
     * does not rely on their intents, which the store may have lost. With `storedWithin`, everything that is known is
     * stored before, so that a process that starts after a kill need not read it again.
     */
    async whenKnown(): Promise<void> {
      const { term } = current;
      if (term && storedWithin > 0)
        await Promise.race([storeKnown(term).catch(() => {}), runtime.sleep(storedWithin)]);
      if (open.size + over.size === 0) return;
      const until = runtime.now() + touchedWithin;
      while (!current.term?.hasLease() && runtime.now() < until) await runtime.sleep(TERM_CHECK_INTERVAL);
    },

    /** Resolves when all ended intents are removed or the term has ended. */
    async whenRemoved(): Promise<void> {
      await closing;
    },
  };
}

export type WriteIntents = ReturnType<typeof createWriteIntents>;
