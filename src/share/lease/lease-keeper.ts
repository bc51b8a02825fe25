import type { Look, Renewal, Renewed, SharedStore } from "../../store/index.ts";
import type { Runtime } from "../term/runtime.ts";
import {
  clockBound,
  type HeldLease,
  holds,
  isContinuous,
  type LeaseState,
  mayTake,
  observe,
  prolong,
  type TakenLease,
} from "./lease-state.ts";
import { createMoments } from "./moment.ts";

/** What the owner of a lease keeper does about it. */
export interface LeaseEvents {
  /** Whether this process may begin a term: it has a copy of what is in the store, or needs none. */
  mayTake(isWhole: boolean): boolean;
  onTaken(taken: TakenLease): void;
  onLost(): void;
  /** The store has lost what this process has told it, while it has the lease. */
  onLostCommits(): void;
  onLook(look: Look): void;
  /** The lease begins to hold again, another process leads, or the store comes or goes. */
  onChange(): void;
  onStore(error: Error | undefined): void;
}

/** Times in milliseconds. */
export interface LeaseOptions {
  readonly store: Pick<SharedStore, "format" | "look" | "take" | "renew" | "catchUp" | "free">;
  readonly runtime: Runtime;
  /** LEASE. */
  readonly lease: number;
  /** The clock by which readings are dated while this process leads; undefined while it does not. */
  readonly leaderClock: () => number | undefined;
  /** What is published of this process: an empty address while it does not answer. */
  readonly published: () => Pick<Renewal, "address" | "isWarm" | "asked">;
}

/** Looks at the lease, takes it when it is free, and renews it: more often while no leader has read everything. */
export class LeaseKeeper {
  readonly #options: LeaseOptions;
  readonly #events: LeaseEvents;
  readonly #now: ReturnType<typeof createMoments>;
  readonly #member: string;
  readonly #sentAt = new Map<number, number>();
  #lastNonce = 0;
  #state: LeaseState = {};
  #held: HeldLease | undefined;
  /** The run of the store for which the data of the term is whole; empty until that is restored. */
  #run = "";
  /** The upper bound of the clock of all earlier leaders, and when it was that. */
  #axis = { at: 0, since: 0 };
  #echo: Readonly<Record<string, number>> = {};
  #storeTime = 0;
  #isStoreUp = true;
  /** Whether a leader that has read everything is published. */
  #isSettled = false;
  #mayTake = true;
  #isClosed = false;
  #cancel = () => {};
  #beating: Promise<void> | undefined;

  constructor(options: LeaseOptions, events: LeaseEvents) {
    this.#options = options;
    this.#events = events;
    this.#now = createMoments(options.runtime);
    this.#member = options.runtime.randomId();
  }

  get isStoreUp(): boolean {
    return this.#isStoreUp;
  }

  /** The last look at the store, while another process has the lease. */
  get look(): Look | undefined {
    return this.#held ? undefined : this.#state.seen?.look;
  }

  /** Milliseconds since the store was last looked at. */
  get lookAge(): number {
    return this.#now().waited - (this.#state.seen?.at ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether this process has the lease of a term, and it holds now. */
  holds(token: string): boolean {
    return this.#held?.token === token && holds(this.#held, this.#now());
  }

  /** Milliseconds since a lease of this process is over that may still be renewed; 0 if there is none. */
  get lateBy(): number {
    return this.#held ? Math.max(0, this.#now().held - this.#held.until) : 0;
  }

  /** The upper bound of the leader's clock, while another process leads or has led; undefined if it is not known. */
  bound(): number | undefined {
    return this.#state.seen?.look.lease && clockBound(this.#state, this.#now(), this.#options.runtime.wall());
  }

  /** Whether this process has not been told that the term is over. */
  keeps(token: string): boolean {
    return this.#held?.token === token;
  }

  /** The leader's clock, before this process has begun to lead by its own. */
  axis(): number {
    return this.#axis.at + this.#now().held - this.#axis.since;
  }

  start(): void {
    this.#beat();
  }

  /** Looks or renews now. */
  hurry(): void {
    this.#cancel();
    void this.#beating?.then(() => this.#beat());
  }

  /** Notes that the store has all of the term again, in its present run. */
  noteWhole(token: string): void {
    if (this.#held?.token === token) this.#run = this.#held.run;
  }

  /** Gives the lease up, and takes it no more. */
  async leave(): Promise<void> {
    this.#mayTake = false;
    const { store, leaderClock, published } = this.#options;
    const [held, at, { asked }] = [this.#held, leaderClock() ?? this.axis(), published()];
    this.#drop();
    if (held) await store.free({ token: held.token, at, time: this.#storeTime, asked });
  }

  /** Notes that the term is over. */
  lose(): void {
    if (!this.#held) return;
    this.#drop();
    this.#events.onLost();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#beating;
  }

  #drop(): void {
    this.#held = undefined;
    this.#state = {};
  }

  #beat(): void {
    if (this.#isClosed) return;
    this.#cancel();
    const { lease, runtime } = this.#options;
    const begun = runtime.now();
    this.#beating = (this.#held ? this.#renew(this.#held) : this.#look()).then(
      () => this.#noteStore(undefined),
      (error) => this.#noteStore(error),
    );
    void this.#beating.then(() => {
      const left = lease / (this.#isSettled ? 4 : 20) - (runtime.now() - begun);
      if (!this.#isClosed) this.#cancel = runtime.after(Math.max(left, lease / 20), () => this.#beat());
    });
  }

  #noteStore(error: Error | undefined): void {
    const isUp = error === undefined;
    if (isUp === this.#isStoreUp) return;
    this.#isStoreUp = isUp;
    this.#events.onStore(error);
    this.#events.onChange();
  }

  async #look(): Promise<void> {
    const { store, lease } = this.#options;
    const nonce = ++this.#lastNonce;
    this.#sentAt.set(nonce, this.#now().held);
    this.#sentAt.delete(nonce - 100);
    const look = await store.look(this.#member, nonce);
    if (this.#held) return;
    const before = this.#state.seen?.look.lease;
    const nonces = { member: this.#member, sentAt: this.#sentAt };
    this.#state = observe(this.#state, look, this.#now(), lease, nonces);
    this.#noteLeader(look.lease);
    this.#events.onLook(look);
    if (before?.token !== look.lease?.token || before?.address !== look.lease?.address)
      this.#events.onChange();
    if (this.#mayTake && mayTake(this.#state, this.#now(), lease, store.format)) await this.#take(look);
  }

  async #take(look: Look): Promise<void> {
    const { store, lease } = this.#options;
    const seenSince = this.#state.seen?.since ?? 0;
    const bound = clockBound(this.#state, this.#now(), this.#options.runtime.wall());
    const continues = isContinuous(look);
    const whole = bound !== undefined && continues && look.lease?.format === store.format;
    if (!this.#events.mayTake(whole)) return;
    const token = this.#options.runtime.randomId();
    const sent = this.#now();
    const at = whole ? bound : 0;
    const end = await store.take(look.lease, { token, at, run: look.run, time: look.time, isWhole: whole });
    if (!end) return;
    // It has left meanwhile.
    const asked = look.lease?.asked ?? {};
    if (!this.#mayTake) return store.free({ token, at, time: look.time, asked });
    this.#held = { token, run: look.run, until: sent.held + lease };
    this.#run = look.run;
    this.#axis = { at: Math.max(at, end.at), since: sent.held };
    this.#echo = {};
    this.#storeTime = look.time;
    this.#events.onTaken({ token, end, isWhole: whole, isContinuous: continues, seenSince, asked });
  }

  async #renew(held: HeldLease): Promise<void> {
    const { store, lease, leaderClock, published } = this.#options;
    const sent = this.#now();
    const own = published();
    const [run, at, time, echo] = [this.#run, leaderClock() ?? this.axis(), this.#storeTime, this.#echo];
    const renewed = await store.renew({ token: held.token, run, at, time, echo, ...own });
    // Meanwhile it may have been given up.
    if (this.#held?.token !== held.token) return;
    const next = renewed && prolong(this.#held, { ...renewed, sent }, this.#now(), lease);
    if (!renewed || !next) return this.lose();
    const heldBefore = holds(this.#held, this.#now());
    this.#held = next;
    this.#noteLeader(own);
    this.#storeTime = renewed.time;
    this.#echo = renewed.nonces;
    await this.#noteRun(renewed, held);
    if (!heldBefore) this.#events.onChange();
  }

  #noteLeader(leader: Pick<Renewal, "address" | "isWarm"> | undefined): void {
    this.#isSettled = leader !== undefined && leader.address !== "" && leader.isWarm;
  }

  /** A store that has all that this process has told it is whole, whatever has become of it. */
  async #noteRun({ run, hasLost }: Renewed, { token, run: before }: HeldLease): Promise<void> {
    if (run === before && !hasLost) return;
    if (hasLost) this.#run = "";
    else if (this.#run === before) this.#run = run;
    await this.#options.store.catchUp(token);
    if (hasLost) this.#events.onLostCommits();
  }
}
