import type { Config } from "../config/index.ts";
import type { Look, Seal, SharedStore } from "../store/index.ts";
import { StoreUnreachable } from "../store/index.ts";
import { Replica } from "./replica.ts";
import type { BackendLinks, SharedBackend } from "./shared-backend.ts";
import { Intents, type LeftIntent, settlingTimeOf } from "./term/intents.ts";
import type { Runtime } from "./term/runtime.ts";

/** What a holding is made with. Times in milliseconds. */
export interface HoldingOptions<B> {
  readonly store: SharedStore;
  readonly runtime: Runtime;
  readonly seal: Seal;
  readonly createBackend: (links: BackendLinks) => B;
  /** LEASE. */
  readonly lease: number;
  /** ALMA_TIMEOUT: for so long, a write that was sent may be under way. */
  readonly almaTimeout: number;
  /** WRITE_SETTLING_TIME. */
  readonly writeSettlingTime: number;
  /** LEADER_WAIT. */
  readonly leaderWait: number;
  /** HISTORY_KEEP. */
  readonly historyKeep: Config["historyKeep"];
}

/** How a holding depends on who leads. */
export interface HoldingEvents {
  /** Whether calls to Alma may be sent. */
  isOpen(isRead: boolean): boolean;
  /** Milliseconds for which they wait for that at most. */
  patience(): number;
  onUnreadable(error: unknown): void;
}

/**
 * What this process knows: the backend, and while another process leads, the copy in it that follows that. It begins
 * again with nothing where the copy is not whole.
 */
export class Holding<B extends SharedBackend> {
  readonly #options: HoldingOptions<B>;
  readonly #events: HoldingEvents;
  #backend: B;
  #intents: Intents;
  #replica: Replica | undefined;
  #follows = false;
  /** Resolves when who leads, or how far the copy is, may have changed. */
  #waiting: (() => void)[] = [];

  constructor(options: HoldingOptions<B>, events: HoldingEvents) {
    this.#options = options;
    this.#events = events;
    [this.#backend, this.#intents] = this.#create();
  }

  get backend(): B {
    return this.#backend;
  }

  get intents(): Intents {
    return this.#intents;
  }

  /** The last commit that the copy has; undefined while there is no copy, or it is not whole. */
  get seq(): number | undefined {
    const replica = this.#replica;
    return replica?.isLoaded && !replica.isOver ? replica.seq : undefined;
  }

  /** Ends the copy if the store has other commits than it follows. */
  check(look: Look): void {
    this.#replica?.check(look);
  }

  /** Makes a copy of what the leader publishes, and goes on with that. */
  follow(): void {
    const { runtime, lease } = this.#options;
    const replica = new Replica(this.#options, this.#backend.catalog, () => this.noteProgress());
    this.#replica = replica;
    this.#follows = true;
    void replica
      .follow()
      .catch((error) => this.#events.onUnreadable(error))
      .finally(() => {
        // One that has ended by itself is not whole.
        if (this.#replica !== replica) return;
        this.forget();
        this.#follows = true;
        runtime.after(lease / 4, () => this.#follows && !this.#replica && this.follow());
      });
  }

  /** Follows no longer; what is known stays. */
  stopFollowing(): void {
    const replica = this.#replica;
    this.#replica = undefined;
    this.#follows = false;
    replica?.stop();
  }

  /** What earlier leaders have begun to write, once no more can be begun in their terms; nothing if `isOver`. */
  async leftIntents(isOver: () => boolean): Promise<readonly LeftIntent[]> {
    return (await this.#insist(isOver, () => this.#intents.left())) ?? [];
  }

  /** Goes on from the changes that earlier leaders have seen. */
  async continueChanges(token: string, isOver: () => boolean): Promise<void> {
    const { store } = this.#options;
    const { changeLog } = this.#backend.catalog;
    const past = await this.#insist(isOver, () => store.beginChanges(token, changeLog.term));
    if (past) changeLog.continue(past, store);
  }

  /** Takes a step again while the store gives no answer, or one that cannot be read; undefined if `isOver`. */
  async #insist<T>(isOver: () => boolean, step: () => Promise<T>): Promise<T | undefined> {
    while (!isOver()) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) this.#events.onUnreadable(error);
        await this.#options.runtime.sleep(this.#options.lease / 4);
      }
    }
    return undefined;
  }

  /** Begins again with nothing. */
  forget(): void {
    this.stopFollowing();
    this.#intents.enter(undefined);
    void this.#backend.retire();
    [this.#backend, this.#intents] = this.#create();
  }

  /** Tells all who wait that something may have changed. */
  noteProgress(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  nextProgress(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #create(): [B, Intents] {
    const { createBackend, lease, almaTimeout, writeSettlingTime } = this.#options;
    const settlingTime = settlingTimeOf(writeSettlingTime, almaTimeout);
    const intents = new Intents({ ...this.#options, settlingTime, touchedWithin: almaTimeout + lease });
    const gate = {
      isOpen: (isRead: boolean) => this.#intents === intents && this.#events.isOpen(isRead),
      nextChange: () => this.nextProgress(),
      patience: () => this.#events.patience(),
    };
    return [createBackend({ gate, journal: intents, storedKeys: intents.keys }), intents];
  }
}
