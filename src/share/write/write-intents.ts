import { hash } from "node:crypto";
import type { StoredKey, StoredKeys, WriteIntent } from "../../catalog/index.ts";
import { DAY, HOUR } from "../../config/index.ts";
import { isWellFormed, type LastingStore, type Seal, type StoredValue } from "../../store/index.ts";
import type { Term } from "../replication/term.ts";
import { CurrentTerm, type CurrentTermOptions } from "./current-term.ts";
import { createSealedValues } from "./sealed-values.ts";
import { noLeaderError, notStoredError } from "./write-errors.ts";

/** In milliseconds. */
const TERM_CHECK_INTERVAL = 250;

/** Stores an intent in the term of a token. Resolves with false if the term has ended. */
type StoreIntent = (token: string) => Promise<boolean>;

/** Options of write intents. Times in milliseconds. */
interface WriteIntentOptions extends CurrentTermOptions {
  readonly store: LastingStore;
  readonly seal: Seal;
  /** The result of `settlingTimeOf`. */
  readonly settlingTime: number;
  /** How long it takes at most until a next leader has invalidated what a write may have changed. */
  readonly invalidatedWithin: number;
  /** How long the answer to a write waits for its effects to be stored; 0 does not wait. */
  readonly storedWithin: number;
}

/**
 * Returns how long, in milliseconds, the intent of a write of unknown outcome stays stored. After this time, Alma can
 * no longer perform the write.
 */
export const settlingTimeOf = (writeSettlingTime: number, almaTimeout: number): number =>
  writeSettlingTime + 2 * almaTimeout;

/** Returns the name, in the store, of the mark that a forwarded mutation may have written. */
export const markKey = (forwardingId: string): string => `mark:${forwardingId}`;

/**
 * Stores an *intent* in the store before each write is sent, so that the next leader knows which writes may have
 * happened if this process dies. Outside a term, all writes are refused. The life of an intent:
 *
 * 1. `begin` stores it, together with the idempotency key. Then the write is sent.
 * 2. `end` is called when the outcome is known or the write has settled.
 * 3. The effects of the write are published, and the intent is deleted.
 *
 * If the process dies before 3, the next leader finds the intent with `left`, treats the write as unsettled, and
 * deletes the intent once Alma can no longer perform it.
 */
export function createWriteIntents(options: WriteIntentOptions) {
  const { store, seal, runtime, settlingTime, invalidatedWithin, storedWithin } = options;
  const current = new CurrentTerm(options);
  const keys = createIdempotencyKeys(store, seal, current);
  /** The writes in progress: how to store the intent again, and how to cancel its end by time. */
  const open = new Map<string, { readonly storeIn: StoreIntent; readonly cancelEnd: () => void }>();
  /** The ids of intents that have ended but are still stored. */
  const ended = new Set<string>();
  let closing: Promise<void> | undefined;

  function noteOpen(id: string, storeIn: StoreIntent): void {
    open.set(id, { storeIn, cancelEnd: runtime.after(settlingTime, () => end(id)) });
  }

  function storeOf(intent: WriteIntent, kept: readonly StoredValue[]): StoreIntent {
    const sealed = seal.seal(`intent ${intent.id}`, JSON.stringify(intent));
    return (token) => store.beginIntent(token, intent.id, sealed, kept);
  }

  /** Ends an intent. It is deleted once the known effects of the write are published. */
  function end(id: string): void {
    const intent = open.get(id);
    if (!intent) return;
    intent.cancelEnd();
    open.delete(id);
    remove(id);
  }

  function remove(id: string): void {
    ended.add(id);
    closing ??= Promise.resolve().then(close);
  }

  async function close(): Promise<void> {
    while (ended.size > 0 && current.term)
      await storeKnown(current.term).catch(() => runtime.sleep(TERM_CHECK_INTERVAL));
    closing = undefined;
  }

  /** Publishes everything that is known, then deletes the ended intents. */
  async function storeKnown({ token, publisher }: Term): Promise<void> {
    const ids = [...ended];
    await publisher.publish();
    if (ids.length > 0) await store.endIntents(token, ids);
    for (const id of ids) ended.delete(id);
  }

  return {
    /** The idempotency keys of mutations. */
    keys,

    /** Sets the term in which writes begin; undefined for none. */
    enter(term: Term | undefined): void {
      current.term = term;
    },

    /** Reads the intents that earlier terms have left. Rejects with the store's error. */
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
      for (const { storeIn } of open.values()) await current.retry(term, storeIn);
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
      const isBegun = await current.retry(term, storeIn).catch((error) => {
        // The intent may have been stored although the answer was lost.
        remove(id);
        throw notStoredError(error);
      });
      if (!isBegun) {
        term.lose();
        throw noLeaderError("another process leads now");
      }
      noteOpen(id, storeIn);
      if (!term.hasLease()) await current.whenLeading();
    },

    check(): void {
      if (!current.term?.hasLease()) throw noLeaderError("this process no longer leads");
    },

    end,

    /**
     * Resolves when no process can answer any more without the writes begun here. A mutation is answered only then.
     * While this process leads, that is immediately. If it has lost its lease with unpublished writes, it waits until
     * the next leader has certainly invalidated what they changed (`invalidatedWithin`); the intents alone don't prove
     * that, since the store may have lost them. With `storedWithin`, everything known is stored first, so that a
     * process that starts after a kill need not read it again.
     */
    async whenKnown(): Promise<void> {
      const { term } = current;
      if (term && storedWithin > 0)
        await Promise.race([storeKnown(term).catch(() => {}), runtime.sleep(storedWithin)]);
      if (open.size + ended.size === 0) return;
      const until = runtime.now() + invalidatedWithin;
      while (!current.term?.hasLease() && runtime.now() < until) await runtime.sleep(TERM_CHECK_INTERVAL);
    },

    /** Resolves when all ended intents are removed or the term has ended. */
    async whenRemoved(): Promise<void> {
      await closing;
    },
  };
}

export type WriteIntents = ReturnType<typeof createWriteIntents>;

/** How long a key is stored, in milliseconds. */
const KEY_KEPT_FOR = DAY;

/** Hashes a key, so that the store does not reveal it. */
const nameOf = (key: string): string => hash("sha256", isWellFormed(key) ? key : JSON.stringify(key), "hex");

/** Creates the store of idempotency keys. */
function createIdempotencyKeys(store: LastingStore, seal: Seal, current: CurrentTerm) {
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
