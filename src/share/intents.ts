import { createHash } from "node:crypto";
import { AlmaError } from "../alma/index.ts";
import type { StoredKey, StoredKeys, WriteIntent, WriteJournal } from "../catalog/index.ts";
import type { KeptValue, LastingStore, Seal } from "../store/index.ts";
import { StoreUnreachable } from "../store/index.ts";
import type { Publisher } from "./publisher.ts";
import type { Runtime } from "./runtime.ts";

const HOUR = 3_600_000;
/** Milliseconds. */
const LOOK_INTERVAL = 250;
const RETRY_DELAY = 50;

/** The term in which writes are begun. */
export interface WritingTerm {
  readonly token: string;
  readonly publisher: Publisher;
  hasLease(): boolean;
  /** Milliseconds until writes may begin. */
  writesIn(): number;
  /** Whether this process has been leaving for so long that further writes are left to the next leader. */
  isLeaving(): boolean;
  /** Notes that the store says that the term is over. */
  lose(): void;
}

/** A write that an earlier term has begun. */
export interface LeftIntent extends WriteIntent {
  /** By the wall clock of the process that began it; older gateways have left none. */
  readonly begunAt?: number;
}

/** Stores an intent in a term; false if that is over. */
type StoreIntent = (token: string) => Promise<boolean>;

/** What intents are kept with. Times in milliseconds. */
export interface IntentOptions {
  readonly store: LastingStore;
  readonly seal: Seal;
  readonly runtime: Runtime;
  /** As of `settlingTimeOf`. */
  readonly settlingTime: number;
  /** How long after its outcome is known every leader has surely invalidated what a write has changed. */
  readonly touchedWithin: number;
  /** LEADER_WAIT: for so long, a write waits for the lease and for the store. */
  readonly leaderWait: number;
}

/**
 * How long after it was begun a write of unknown outcome can surely not be carried out any more: it is noted once more
 * when Alma's timeout is over. In milliseconds.
 */
export const settlingTimeOf = (writeSettlingTime: number, almaTimeout: number): number =>
  writeSettlingTime + 2 * almaTimeout;

/** The key of the store for a mutation that was handed on and may have written. */
export const markKey = (forwardingId: string): string => `mark:${forwardingId}`;

/** Whoever reads the store learns no key. */
const nameOf = (callerKey: string): string => createHash("sha256").update(callerKey).digest("hex");

const sealedNameOf = (name: string): string => `idempotency ${name}`;

/**
 * The writes of a backend, in the store: each before it leaves, so that a later leader knows of it, and the keys under
 * which callers repeat mutations. Outside of a term it refuses all.
 */
export class Intents implements WriteJournal, StoredKeys {
  readonly #options: IntentOptions;
  #term: WritingTerm | undefined;
  /** The writes under way: how they are stored, and when they are over at the latest. */
  readonly #open = new Map<string, { readonly storeIn: StoreIntent; readonly forget: () => void }>();
  /** The intents that are over, and still in the store. */
  readonly #over = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(options: IntentOptions) {
    this.#options = options;
  }

  /** Lets writes begin in a term, or in none. */
  enter(term: WritingTerm | undefined): void {
    this.#term = term;
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
    for (const { storeIn } of this.#open.values()) await this.#insist(term, () => storeIn(term.token));
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
    const term = await this.#openTerm();
    const { idempotency, ...noted } = intent;
    const { id, forwardingId } = noted;
    const keys: KeptValue[] = [];
    if (forwardingId !== undefined) keys.push({ name: markKey(forwardingId), value: Buffer.of(1), ms: HOUR });
    if (idempotency) {
      const { key, ...request } = idempotency;
      const kept: StoredKey = { ...request, state: "sent" };
      keys.push(this.#keptValue(nameOf(key), kept));
    }
    const storeIn = this.#storeOf({ ...noted, begunAt: runtime.wall() }, keys);
    const isBegun = await this.#insist(term, () => storeIn(term.token)).catch((error) => {
      // It may be in the store all the same.
      this.#remove(id);
      throw unstored(error);
    });
    if (!isBegun) {
      term.lose();
      throw notSent("another process leads now");
    }
    this.#noteOpen(id, storeIn);
    if (!term.hasLease()) await this.#heldTerm();
  }

  check(): void {
    if (!this.#term?.hasLease()) throw notSent("this process leads no longer");
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
    while (!this.#term?.hasLease()) {
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

  async find(key: string): Promise<StoredKey | undefined> {
    const { store, seal } = this.#options;
    const name = nameOf(key);
    const kept = await this.#insist(await this.#heldTerm(), () => store.kept(name)).catch((error) => {
      throw unstored(error);
    });
    return kept && JSON.parse(seal.open(sealedNameOf(name), kept));
  }

  async keep(key: string, kept: StoredKey | undefined): Promise<void> {
    const { store } = this.#options;
    // What has become of a write is kept as long as it can be.
    const term = await (kept?.state === "begun" ? this.#openTerm() : this.#heldTerm());
    const name = nameOf(key);
    const value = kept && this.#keptValue(name, kept);
    const keep = () => (value ? store.keep(term.token, value) : store.unkeep(term.token, name));
    const isKept = await this.#insist(term, keep).catch((error) => {
      throw unstored(error);
    });
    if (!isKept) throw notSent("another process leads now");
  }

  #keptValue(name: string, kept: StoredKey): KeptValue {
    return {
      name,
      value: this.#options.seal.seal(sealedNameOf(name), JSON.stringify(kept)),
      ms: 24 * HOUR,
    };
  }

  /** The term. Where a renewal of its lease is late, waits for that. */
  async #heldTerm(): Promise<WritingTerm> {
    const until = this.#options.runtime.now() + this.#options.leaderWait;
    for (;;) {
      const term = this.#term;
      if (term?.hasLease()) return term;
      if (!term || this.#options.runtime.now() >= until) throw notSent("this process leads no longer");
      await this.#options.runtime.sleep(RETRY_DELAY);
    }
  }

  async #openTerm(): Promise<WritingTerm> {
    const term = await this.#heldTerm();
    if (term.isLeaving()) throw notSent("this process is being stopped");
    const seconds = Math.ceil(term.writesIn() / 1000);
    if (seconds > 0)
      throw notSent(
        `the store that all processes share has lost what it was told last, so that writes wait for ${seconds} s more`,
        seconds,
      );
    return term;
  }

  /** Takes a step of the store again while that gives no answer and the term is not over: each can be taken twice. */
  async #insist<T>(term: WritingTerm, step: () => Promise<T>): Promise<T> {
    const until = this.#options.runtime.now() + this.#options.leaderWait;
    for (;;) {
      try {
        const result = await step();
        term.publisher.noteRefusal(undefined);
        return result;
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) term.publisher.noteRefusal(error as Error);
        const isFutile = this.#term !== term || this.#options.runtime.now() >= until;
        if (!(error instanceof StoreUnreachable) || isFutile) throw error;
        await this.#options.runtime.sleep(RETRY_DELAY);
      }
    }
  }

  async #close(): Promise<void> {
    while (this.#over.size > 0 && this.#term) {
      const { token, publisher } = this.#term;
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

/** Why a write was not sent of which the store takes no note. */
function unstored(error: unknown): AlmaError {
  if (error instanceof StoreUnreachable) return notSent("the store that all processes share does not answer");
  return new AlmaError(
    "ALMA_UNAVAILABLE",
    `The gateway notes every change in its store (STORE_URL) before it is sent to Alma, and could not ` +
      `(${(error as Error).message}), so nothing was sent. The operator has to check the disk; then send it again.`,
    { cause: error },
  );
}

function notSent(reason: string, retryAfter = 1): AlmaError {
  const message = `The change was not sent to Alma: ${reason}. Nothing was done. Send it again in a moment.`;
  return new AlmaError("NO_LEADER", message, { retryAfter });
}
