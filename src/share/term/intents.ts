import type { WriteIntent, WriteJournal } from "../../catalog/index.ts";
import type { KeptValue, Seal } from "../../store/index.ts";
import { CallerKeys } from "./caller-keys.ts";
import { CurrentTerm, type TermOptions, type WritingTerm } from "./current-term.ts";
import { notSent, unstored } from "./refused-write.ts";

const HOUR = 3_600_000;
/** Milliseconds. */
const LOOK_INTERVAL = 250;

/** A write that an earlier term has begun. */
export interface LeftIntent extends WriteIntent {
  /** By the wall clock of the process that began it; older gateways have left none. */
  readonly begunAt?: number;
}

/** Stores an intent in a term; false if that is over. */
type StoreIntent = (token: string) => Promise<boolean>;

/** What intents are kept with. Times in milliseconds. */
export interface IntentOptions extends TermOptions {
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

/** The key of the store for a mutation that was handed on and may have written. */
export const markKey = (forwardingId: string): string => `mark:${forwardingId}`;

/**
 * The writes of a backend, in the store: each before it leaves, so that a later leader knows of it. Outside of a term
 * it refuses all.
 */
export class Intents implements WriteJournal {
  /** The keys under which callers repeat mutations. */
  readonly keys: CallerKeys;
  readonly #options: IntentOptions;
  readonly #current: CurrentTerm;
  /** The writes under way: how they are stored, and when they are over at the latest. */
  readonly #open = new Map<string, { readonly storeIn: StoreIntent; readonly forget: () => void }>();
  /** The intents that are over, and still in the store. */
  readonly #over = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(options: IntentOptions) {
    this.#options = options;
    this.#current = new CurrentTerm(options);
    this.keys = new CallerKeys(options.store, options.seal, this.#current);
  }

  /** Lets writes begin in a term, or in none. */
  enter(term: WritingTerm | undefined): void {
    this.#current.term = term;
  }

  /** The intents that earlier terms have left. Rejects as the store does. */
  async left(): Promise<readonly LeftIntent[]> {
    const { store, seal } = this.#options;
    return (await store.intents()).map(([id, sealed]) => JSON.parse(seal.open(`intent ${id}`, sealed)));
  }

  /**
   * Ends intents of earlier terms once they can surely not be carried out any more. `ageOf`: milliseconds since one was
   * begun, at least.
   */
  endLater(intents: readonly LeftIntent[], ageOf: (intent: LeftIntent) => number = () => 0): void {
    for (const intent of intents) this.#noteOpen(intent.id, this.#storeOf(intent, []), ageOf(intent));
  }

  /** Stores again what is under way in a term, since the store may have lost it. Rejects as the store does. */
  async storeAgain(term: WritingTerm): Promise<void> {
    for (const { storeIn } of this.#open.values())
      await this.#current.insist(term, () => storeIn(term.token));
  }

  #noteOpen(id: string, storeIn: StoreIntent, age = 0): void {
    const { runtime, settlingTime } = this.#options;
    const timeLeft = settlingTime - age;
    const forget = timeLeft > 0 ? runtime.after(timeLeft, () => this.end(id)) : () => {};
    this.#open.set(id, { storeIn, forget });
    if (timeLeft <= 0) this.end(id);
  }

  #storeOf(intent: LeftIntent, kept: readonly KeptValue[]): StoreIntent {
    const { store, seal } = this.#options;
    const sealed = seal.seal(`intent ${intent.id}`, JSON.stringify(intent));
    return (token) => store.beginIntent(token, intent.id, sealed, kept);
  }

  async begin(intent: WriteIntent): Promise<void> {
    const { runtime } = this.#options;
    const term = await this.#current.open();
    const { idempotency, ...noted } = intent;
    const { id, forwardingId } = noted;
    const keys: KeptValue[] = [];
    if (forwardingId !== undefined) keys.push({ name: markKey(forwardingId), value: Buffer.of(1), ms: HOUR });
    if (idempotency) {
      const { key, ...request } = idempotency;
      keys.push(this.keys.valueOf(key, { ...request, state: "sent" }));
    }
    const storeIn = this.#storeOf({ ...noted, begunAt: runtime.wall() }, keys);
    const isBegun = await this.#current
      .insist(term, () => storeIn(term.token))
      .catch((error) => {
        // It may be in the store all the same.
        this.#remove(id);
        throw unstored(error);
      });
    if (!isBegun) {
      term.lose();
      throw notSent("another process leads now");
    }
    this.#noteOpen(id, storeIn);
    if (!term.hasLease()) await this.#current.held();
  }

  check(): void {
    if (!this.#current.term?.hasLease()) throw notSent("this process leads no longer");
  }

  /** The intent is removed once all that is known of its effects is published. */
  end(id: string): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.forget();
    this.#open.delete(id);
    this.#remove(id);
  }

  #remove(id: string): void {
    this.#over.add(id);
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined;
    });
  }

  /**
   * Resolves when whoever may answer from memory knows of all writes that were begun here: at once in this term; after
   * it, when the next leader has removed their intents, or surely has invalidated what they change.
   */
  async whenKnown(): Promise<void> {
    const since = this.#options.runtime.now();
    const ids = [...this.#open.keys(), ...this.#over];
    while (!this.#current.term?.hasLease()) {
      if (this.#options.runtime.now() - since >= this.#options.touchedWithin) return;
      const left = await this.#options.store.intents().catch(() => undefined);
      if (left && !left.some(([id]) => ids.includes(id))) return;
      await this.#options.runtime.sleep(LOOK_INTERVAL);
    }
  }

  /** Resolves when all intents that are over are removed, or the term is. */
  async whenRemoved(): Promise<void> {
    await this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#over.size > 0 && this.#current.term) {
      const { token, publisher } = this.#current.term;
      const ids = [...this.#over];
      try {
        await publisher.publish();
        await this.#options.store.endIntents(token, ids);
        for (const id of ids) this.#over.delete(id);
      } catch {
        await this.#options.runtime.sleep(LOOK_INTERVAL);
      }
    }
  }
}
