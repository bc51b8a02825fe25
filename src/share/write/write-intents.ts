import type { WriteIntent } from "../../catalog/index.ts";
import type { KeptValue, LastingStore, Seal } from "../../store/index.ts";
import type { Term } from "../replication/term.ts";
import { CurrentTerm, type CurrentTermOptions } from "./current-term.ts";
import { createIdempotencyKeys } from "./idempotency-keys.ts";
import { notSent, unstored } from "./write-errors.ts";

const HOUR = 3_600_000;
/** Milliseconds. */
const LOOK_INTERVAL = 250;

/** Stores an intent in a term; false if that is over. */
type StoreIntent = (token: string) => Promise<boolean>;

/** What intents are kept with. Times in milliseconds. */
export interface WriteIntentOptions extends CurrentTermOptions {
  readonly store: LastingStore;
  readonly seal: Seal;
  /** As of `settlingTimeOf`. */
  readonly settlingTime: number;
  /** How long after its outcome is known every leader has surely invalidated what a write has changed. */
  readonly touchedWithin: number;
}

/**
 * How long after it was begun a write of unknown outcome can surely not be carried out any more: it is noted once more
 * when Alma's timeout is over. In milliseconds.
 */
export const settlingTimeOf = (writeSettlingTime: number, almaTimeout: number): number =>
  writeSettlingTime + 2 * almaTimeout;

/** The key of the store for a forwarded mutation that may have written. */
export const markKey = (forwardingId: string): string => `mark:${forwardingId}`;

/**
 * The writes of a backend, in the store: each before it leaves, so that a later leader knows of it. Outside of a term
 * it refuses all.
 */
export function createWriteIntents(options: WriteIntentOptions) {
  const { store, seal, runtime, settlingTime, touchedWithin } = options;
  const current = new CurrentTerm(options);
  const keys = createIdempotencyKeys(store, seal, current);
  /** The writes under way: how they are stored, and when they are over at the latest. */
  const open = new Map<string, { readonly storeIn: StoreIntent; readonly forget: () => void }>();
  /** The intents that are over, and still in the store. */
  const over = new Set<string>();
  let closing: Promise<void> | undefined;

  function noteOpen(id: string, storeIn: StoreIntent): void {
    open.set(id, { storeIn, forget: runtime.after(settlingTime, () => end(id)) });
  }

  function storeOf(intent: WriteIntent, kept: readonly KeptValue[]): StoreIntent {
    const sealed = seal.seal(`intent ${intent.id}`, JSON.stringify(intent));
    return (token) => store.beginIntent(token, intent.id, sealed, kept);
  }

  /** The intent is removed once all that is known of its effects is published. */
  function end(id: string): void {
    const ended = open.get(id);
    if (!ended) return;
    ended.forget();
    open.delete(id);
    remove(id);
  }

  function remove(id: string): void {
    over.add(id);
    closing ??= close().finally(() => {
      closing = undefined;
    });
  }

  async function close(): Promise<void> {
    while (over.size > 0 && current.term) {
      const { token, publisher } = current.term;
      const ids = [...over];
      try {
        await publisher.publish();
        await store.endIntents(token, ids);
        for (const id of ids) over.delete(id);
      } catch {
        await runtime.sleep(LOOK_INTERVAL);
      }
    }
  }

  return {
    /** The keys under which callers repeat mutations. */
    keys,

    /** Lets writes begin in a term, or in none. */
    enter(term: Term | undefined): void {
      current.term = term;
    },

    /** The intents that earlier terms have left. Rejects as the store does. */
    async left(): Promise<readonly WriteIntent[]> {
      return (await store.intents()).map(([id, sealed]) => JSON.parse(seal.open(`intent ${id}`, sealed)));
    },

    /** Ends intents of earlier terms once they can surely not be carried out any more. */
    endLater(intents: readonly WriteIntent[]): void {
      for (const intent of intents) noteOpen(intent.id, storeOf(intent, []));
    },

    /** Stores again what is under way in a term, since the store may have lost it. Rejects as the store does. */
    async storeAgain(term: Term): Promise<void> {
      for (const { storeIn } of open.values()) await current.insist(term, () => storeIn(term.token));
    },

    async begin(intent: WriteIntent): Promise<void> {
      const term = await current.open();
      const { idempotency, ...noted } = intent;
      const { id, forwardingId } = noted;
      const kept: KeptValue[] = [];
      if (forwardingId !== undefined)
        kept.push({ name: markKey(forwardingId), value: Buffer.of(1), ms: HOUR });
      if (idempotency) {
        const { key, ...request } = idempotency;
        kept.push(keys.valueOf(key, { ...request, state: "sent" }));
      }
      const storeIn = storeOf(noted, kept);
      const isBegun = await current
        .insist(term, () => storeIn(term.token))
        .catch((error) => {
          // It may be in the store all the same.
          remove(id);
          throw unstored(error);
        });
      if (!isBegun) {
        term.lose();
        throw notSent("another process leads now");
      }
      noteOpen(id, storeIn);
      if (!term.hasLease()) await current.held();
    },

    check(): void {
      if (!current.term?.hasLease()) throw notSent("this process no longer leads");
    },

    end,

    /**
     * Resolves when whoever may answer from memory knows of all writes that were begun here: at once in this term, or
     * if all was published in it; else when the next leader has surely invalidated what they change. Whether it knows
     * of their intents makes no difference: the store may have lost them.
     */
    async whenKnown(): Promise<void> {
      if (open.size + over.size === 0) return;
      const until = runtime.now() + touchedWithin;
      while (!current.term?.hasLease() && runtime.now() < until) await runtime.sleep(LOOK_INTERVAL);
    },

    /** Resolves when all intents that are over are removed, or the term is. */
    async whenRemoved(): Promise<void> {
      await closing;
    },
  };
}

export type WriteIntents = ReturnType<typeof createWriteIntents>;
