import type { Log } from "../config/index.ts";
import { Holding, type HoldingOptions } from "./holding.ts";
import { ENDING_TIME, type ForwardingMarks, type Leader, type Leadership } from "./lease/leadership.ts";
import { LeaseKeeper } from "./lease/lease-keeper.ts";
import type { TakenLease } from "./lease/lease-state.ts";
import { createShareMessages } from "./share-log.ts";
import type { ShareState } from "./share-state.ts";
import type { SharedBackend } from "./shared-backend.ts";
import { markKey } from "./term/intents.ts";
import { Term } from "./term/term.ts";

/** Milliseconds for which readings are gathered. */
const GATHER_TIME = 1_000;

/** What is shared, and how. */
export interface ShareOptions<B> extends HoldingOptions<B> {
  readonly log: Log;
}

/**
 * One of several processes that share a store. One of them leads: it reads Alma, writes, and publishes what it
 * learns. The others keep a copy, and one of them leads when they have seen the lease unchanged for so long that it is
 * over. A process that leads no longer begins again with nothing, since what it knows beyond what it has published is
 * in the order of no other clock.
 */
export class Share<B extends SharedBackend> implements Leadership, ForwardingMarks {
  readonly #options: ShareOptions<B>;
  readonly #say: ReturnType<typeof createShareMessages>;
  readonly #keeper: LeaseKeeper;
  readonly #listeners = new Set<() => void>();
  readonly #holding: Holding<B>;
  #term: Term | undefined;
  #address = "";
  /** When it began to leave, by the clock of its runtime. */
  #leftAt = Number.POSITIVE_INFINITY;
  /** Whether it begins no read any more: each is made once, by the next leader. */
  #isHandingOver = false;
  #isClosed = false;
  #terms = 0;

  constructor(options: ShareOptions<B>) {
    this.#options = options;
    const { store, lease, runtime } = options;
    this.#say = createShareMessages(options.log);
    this.#holding = new Holding(options, {
      isOpen: (isRead) =>
        isRead
          ? this.hasLease() && !this.#isHandingOver
          : this.hasLease() || (this.#isLeaving && !this.#term),
      patience: () => (this.#term ? Math.max(0, options.leaderWait - this.#keeper.lateBy) : 0),
      onUnreadable: this.#say.unreadable,
    });
    const leaderClock = () => (this.#term ? this.backend.catalog.clock() : undefined);
    const published = () => ({
      address: this.#term ? this.#address : "",
      isWarm: this.backend.catalog.progress().warm,
      asked: this.backend.catalog.written.asked?.times() ?? {},
    });
    this.#keeper = new LeaseKeeper(
      { store, lease, runtime, leaderClock, published },
      {
        mayTake: (isWhole) => !isWhole || this.#holding.seq !== undefined,
        onTaken: (taken) => void this.#begin(taken),
        onLost: () => this.#endTerm("another process leads, or the store has lost its lease"),
        onLostCommits: () => void this.#restore(),
        onLook: (look) => this.#holding.check(look),
        onChange: () => this.#changed(),
        onStore: this.#say.store,
      },
    );
  }

  get #isLeaving(): boolean {
    return this.#leftAt !== Number.POSITIVE_INFINITY;
  }

  /** The part of the gateway that answers while this process leads. */
  get backend(): B {
    return this.#holding.backend;
  }

  hasLease(): boolean {
    return this.#term !== undefined && this.#keeper.holds(this.#term.token);
  }

  beginsMutations(): boolean {
    return !this.#isLeaving && this.hasLease() && this.#term?.writesIn() === 0;
  }

  leaves(): boolean {
    return this.#isLeaving && this.#term !== undefined;
  }

  term(): string | undefined {
    return this.#term?.token;
  }

  leader(): Leader | undefined {
    const lease = this.#keeper.look?.lease;
    if (!lease?.address) return undefined;
    return { address: lease.address, term: lease.token, isWarm: lease.isWarm };
  }

  answersStale(): boolean {
    const bound = this.#holding.seq === undefined ? undefined : this.#keeper.bound();
    if (!this.#term && bound !== undefined) this.backend.startClock(bound);
    return this.#term !== undefined || bound !== undefined;
  }

  async find(forwardingId: string): Promise<boolean> {
    return (await this.#options.store.kept(markKey(forwardingId))) !== undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  state(): ShareState {
    const { look, lookAge, isStoreUp } = this.#keeper;
    const { seq } = this.#holding;
    return {
      role: this.#term ? "leader" : "standby",
      hasLease: this.hasLease(),
      isStoreUp,
      isRefused: this.#term?.publisher.isRefused ?? false,
      lag: this.#term || !look ? 0 : Math.max(0, look.log.seq - (seq ?? 0)),
      terms: this.#terms,
      isReady: this.#term
        ? this.hasLease() && this.backend.catalog.progress().warm
        : seq !== undefined && lookAge < this.#options.lease,
    };
  }

  /** Begins to follow, and to lead when nobody does. `address` is published of this process while it leads. */
  start(address: string): void {
    this.#address = address;
    this.#holding.follow();
    this.#keeper.start();
  }

  /** Begins no mutation and no term any more. */
  leave(): void {
    this.#leftAt = Math.min(this.#leftAt, this.#options.runtime.now());
    this.#changed();
  }

  /**
   * Ends the term once the reads under way are over and all is published, so that another process leads at once and
   * reads nothing again; within LEASE in any case.
   */
  async handOver(): Promise<void> {
    this.leave();
    const term = this.#term;
    this.#isHandingOver = true;
    const { intents, backend } = this.#holding;
    await this.#inTime(Promise.all([backend.stopBackgroundWork(), intents.whenRemoved()]));
    if (term) await this.#inTime(term.publisher.publish());
    await this.#keeper.leave().catch(() => {});
    if (term && this.#term === term) this.#endTerm("it leaves");
  }

  /** Waits for what a hand-over needs, and not for long. */
  async #inTime(work: Promise<unknown>): Promise<void> {
    const { runtime, lease } = this.#options;
    await Promise.race([work.catch(() => {}), runtime.sleep(lease / 2)]);
  }

  async close(): Promise<void> {
    await this.handOver();
    this.#isClosed = true;
    this.#holding.stopFollowing();
    await this.#keeper.close();
    this.#options.store.close();
    await this.backend.retire();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
    this.#holding.noteProgress();
  }

  /** Begins to lead, when all that earlier leaders have published is known. */
  async #begin({ token, end, isContinuous, isWhole, seenSince, asked }: TakenLease): Promise<void> {
    const { almaTimeout, lease, runtime } = this.#options;
    const holding = this.#holding;
    const isOver = () => this.#isClosed || !this.#keeper.keeps(token);
    if (!isWhole) holding.forget();
    else while (!isOver() && !((holding.seq ?? -1) >= end.seq)) await holding.nextProgress();
    const left = await holding.leftIntents(isOver);
    await holding.continueChanges(token, isOver);
    if (isOver()) return;
    holding.stopFollowing();
    const { backend, intents } = holding;
    backend.startClock(this.#keeper.axis());
    if (isWhole) backend.catalog.written.asked?.restore(asked);
    const term = new Term({
      ...this.#options,
      catalog: backend.catalog,
      token,
      seq: end.seq,
      gatherTime: GATHER_TIME,
      hasMentions: true,
      writesIn: isContinuous ? 0 : Math.max(0, seenSince + almaTimeout + lease - runtime.now()),
      hasLease: (own) => this.#keeper.holds(own),
      isLeaving: () => runtime.now() - this.#leftAt > ENDING_TIME,
      onRefusal: this.#say.refusal,
      onOver: () => this.#keeper.keeps(token) && this.#keeper.lose(),
      onChange: () => this.#changed(),
    });
    for (const intent of left) backend.noteEarlierWrite(intent);
    intents.enter(term);
    intents.endLater(left);
    this.#term = term;
    this.#terms++;
    backend.lead();
    this.#say.leads(isWhole, term.writesIn());
    this.#changed();
    this.#keeper.hurry();
  }

  /** Publishes everything again, since the store may have lost the last commits; writes wait meanwhile. */
  async #restore(): Promise<void> {
    const term = this.#term;
    if (!term) return this.#keeper.lose();
    const { almaTimeout, lease } = this.#options;
    this.#say.commitsLost();
    term.delayWrites(almaTimeout + lease);
    this.backend.catalog.changeLog.noteLoss();
    this.#changed();
    const restored = term.publisher.publishAll().then(() => this.#holding.intents.storeAgain(term));
    await restored.then(() => this.#keeper.noteWhole(term.token)).catch(() => {});
  }

  #endTerm(why: string): void {
    if (this.#term) this.#say.leadsNoLonger(why);
    this.#term?.stop();
    this.#term = undefined;
    if (this.#isLeaving) {
      // What is under way here began before the next leader, and may end.
      this.#holding.intents.enter(undefined);
      void this.backend.stopBackgroundWork();
    } else {
      this.#holding.forget();
      this.#holding.follow();
    }
    this.#changed();
  }
}
