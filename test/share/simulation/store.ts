import {
  createSeal,
  type KeptValue,
  type Lease,
  type NewCommit,
  type NewTerm,
  openEntry,
  type Renewal,
  type SharedStore,
  type StoredEntry,
  StoreUnreachable,
} from "../../../src/store/index.ts";
import { isBefore, SeenStep, type Step } from "../../../src/store/shared/seen-step.ts";
import type { Machine, World } from "./world.ts";

interface StoreState extends Step {
  readonly run: string;
  readonly token: string;
  readonly seq: number;
  readonly commitId: string;
  readonly at: number;
  readonly epoch: string;
  readonly format: string;
  readonly lease: Lease | undefined;
  readonly entries: ReadonlyMap<string, { readonly seq: number; readonly entry: StoredEntry }>;
  readonly readings: readonly { readonly seq: number; readonly value: Buffer }[];
  readonly intents: ReadonlyMap<string, Buffer>;
  readonly kept: ReadonlyMap<string, Buffer>;
}

const seal = createSeal(undefined);
const NO_STEP: Step = { term: 0, step: 0 };

/** Faults that the simulation has to find. */
export type Fault =
  | "commitWithoutToken"
  | "lossUnnoticed"
  | "lossMadeUpForByAnyStep"
  | "leaseByCalendar"
  | "intentAfterSend";

/** A store whose data can be lost, and which can be away. */
export class SimulatedStore {
  readonly world: World;
  readonly fault: Fault | undefined;
  nonces: Record<string, number> = {};
  downUntil = 0;
  /** Called when a commit is made in a term that is over. */
  onForeignCommit = () => {};
  /** When a process that knows of more than the store last took the lease from whoever had it. */
  steppedInAt = Number.NEGATIVE_INFINITY;
  state: StoreState = {
    run: "run-0",
    term: 0,
    step: 0,
    token: "",
    seq: 0,
    commitId: "",
    at: Number.NEGATIVE_INFINITY,
    epoch: "",
    format: "",
    lease: undefined,
    entries: new Map(),
    readings: [],
    intents: new Map(),
    kept: new Map(),
  };
  /** Earlier states, the last first. */
  #before: StoreState[] = [];
  #runs = 0;

  constructor(world: World, fault: Fault | undefined) {
    this.world = world;
    this.fault = fault;
  }

  change(changed: Partial<StoreState>): void {
    this.#before = [this.state, ...this.#before.slice(0, 199)];
    this.state = { ...this.state, ...changed };
  }

  /** Loses what it was told last. `isNewRun`: another server goes on, as a promoted replica does. */
  lose(count: number, isNewRun: boolean): void {
    const older = this.#before[Math.min(count, this.#before.length) - 1];
    if (!older) return;
    this.state = isNewRun ? { ...older, run: `run-${++this.#runs}` } : older;
    this.#before = [];
    this.nonces = {};
  }

  /** Takes a step in a term. */
  step(token: string, seen: Step, changed: (state: StoreState) => Partial<StoreState>): Step | undefined {
    if (this.state.token !== token) return undefined;
    const { term } = this.state;
    const step = Math.max(this.state.step, seen.step) + 1;
    this.change({ ...changed(this.state), step });
    return { term, step };
  }
}

/** A store as one process reaches it: late, or not at all. */
export class StoreClient implements SharedStore {
  readonly format = "1";
  readonly #store: SimulatedStore;
  readonly #machine: Machine;
  readonly #timeout: number;
  readonly #seen = new SeenStep();
  cutUntil = 0;

  constructor(store: SimulatedStore, machine: Machine, timeout: number) {
    this.#store = store;
    this.#machine = machine;
    this.#timeout = timeout;
  }

  /** The last step that this process has seen. */
  get seen(): Step {
    return this.#seen.last;
  }

  /** Runs a step in the store and resolves with its answer, each after a delay; either may be lost. */
  #send<T>(step: (state: StoreState) => T): Promise<T> {
    const { world } = this.#machine;
    const delay = () => (world.random() < 0.97 ? world.random() * 3 : world.random() * this.#timeout * 1.5);
    const isReached = () =>
      world.now >= this.cutUntil && world.now >= this.#store.downUntil && world.random() > 0.002;
    return new Promise((resolve, reject) => {
      const cancel = this.#machine.after(this.#timeout, () => reject(new StoreUnreachable("late")));
      if (!isReached()) return;
      world.at(world.now + delay(), () => {
        if (!isReached()) return;
        const answer = step(this.#store.state);
        if (!isReached()) return;
        this.#machine.at(world.now + delay(), () => {
          cancel();
          resolve(answer);
        });
      });
    });
  }

  /** The step that another one comes after: only making up for a loss raises it to what was seen. */
  #raisedTo(seen: Step): Step {
    return this.#store.fault === "lossMadeUpForByAnyStep" ? seen : NO_STEP;
  }

  #isLost(step: Step, seenBefore: Step): boolean {
    return this.#seen.compare(step, seenBefore) && this.#store.fault !== "lossUnnoticed";
  }

  async look(member: string, nonce: number) {
    const seen = this.#seen.last;
    const { state, time } = await this.#send((state) => {
      this.#store.nonces[member] = nonce;
      return { state, time: this.#store.world.now };
    });
    const { run, lease, seq, at, epoch } = state;
    return { run, lease, time, hasLost: this.#isLost(state, seen), log: { seq, at, epoch } };
  }

  async take(seen: Pick<Lease, "token" | "beat"> | undefined, { token, at, run, time, isWhole }: NewTerm) {
    const wall = this.#machine.wall();
    const last = this.#seen.last;
    const taken = await this.#send((state) => {
      const { lease } = state;
      if (lease?.token !== seen?.token || lease?.beat !== seen?.beat || state.run !== run) return undefined;
      if (isBefore(state, last)) this.#store.steppedInAt = this.#store.world.now;
      const own = { echo: {}, address: "", isWarm: false, asked: {}, format: this.format, free: "" };
      this.#store.change({
        token,
        term: Math.max(state.term, last.term) + 1,
        step: Math.max(state.step, last.step) + 1,
        format: this.format,
        lease: { token, beat: 1, run, at, wall, time, ...own },
        ...(isWhole ? {} : { entries: new Map(), readings: [], epoch: token }),
      });
      return this.#store.state;
    });
    if (taken) {
      this.#seen.noteCaughtUp(taken);
      this.#machine.world.note(
        `${this.#machine.name} takes the lease (term ${taken.term}, step ${taken.step}, whole ${isWhole})`,
      );
    }
    return taken;
  }

  async renew({ token, ...renewal }: Renewal) {
    const seen = this.#seen.last;
    const wall = this.#machine.wall();
    const renewed = await this.#send(({ lease }) => {
      if (!lease || lease.token !== token) return undefined;
      // Renewals have a row of their own, which is lost with the rest.
      const { state, nonces } = this.#store;
      this.#store.state = { ...state, lease: { ...lease, ...renewal, wall, beat: lease.beat + 1 } };
      this.#store.nonces = {};
      return { ...state, nonces, time: this.#store.world.now };
    });
    return renewed && { ...renewed, hasLost: this.#isLost(renewed, seen) };
  }

  async catchUp(token: string) {
    const seen = this.#seen.last;
    const step = await this.#send(() => this.#store.step(token, seen, () => ({})));
    if (step) this.#seen.noteCaughtUp(step);
    return step !== undefined;
  }

  async free({ token, at, time, asked }: Pick<Renewal, "token" | "at" | "time" | "asked">) {
    const wall = this.#machine.wall();
    await this.#send(({ lease, run }) => {
      if (lease?.token === token)
        this.#store.change({ lease: { ...lease, free: run, at, wall, time, asked, address: "" } });
    });
  }

  async commit({ token, seq, id, at, entries, readings, isFolded }: NewCommit) {
    const { fault } = this.#store;
    const seen = this.#seen.last;
    const done = await this.#send((state) => {
      const own = fault === "commitWithoutToken" ? state.token : token;
      if (state.token !== own) return undefined;
      if (state.seq !== seq - 1) return { last: { seq: state.seq, id: state.commitId } };
      if (state.token !== token) this.#store.onForeignCommit();
      const next = new Map(state.entries);
      const read = [...(isFolded ? [] : state.readings), ...(readings ? [{ seq, value: readings }] : [])];
      for (const entry of entries) next.set(entry.key, { seq, entry });
      return {
        step: this.#store.step(own, this.#raisedTo(seen), () => ({
          seq,
          commitId: id,
          at,
          entries: next,
          readings: read,
        })),
        last: { seq, id },
      };
    });
    if (done?.step) this.#seen.noteTaken(done.step, seen);
    return done?.last;
  }

  async beginChanges() {
    return { seq: 0, at: 0, horizons: {}, recent: [], older: undefined, readPeriods: [] };
  }

  async forgetChanges() {
    return {};
  }

  async hasCommit() {
    return false;
  }

  async changes() {
    return [];
  }

  logEnd() {
    return this.#send(({ seq, at, epoch, run }) => ({ seq, at, epoch, run }));
  }

  async *entries() {
    const entries = await this.#send(({ entries }) => [...entries]);
    yield entries.flatMap(([, { entry }]) => (entry.value ? [openEntry(seal, entry)] : []));
  }

  readings() {
    return this.#send(({ readings }) => readings.map(({ value }) => value));
  }

  entriesOf(keys: readonly string[]) {
    return this.#send(({ entries }) => keys.flatMap((key) => entries.get(key)?.entry ?? []));
  }

  async follow(after: number) {
    const { seq, epoch, run, entries, readings } = await this.#send((state) => state);
    const changed = [...entries].filter((entry) => entry[1].seq > after);
    return {
      run,
      seq,
      epoch,
      prunedTo: 0,
      readings: readings.filter((reading) => reading.seq > after).map(({ value }) => value),
      entries: changed.map(([, { entry }]) => entry),
    };
  }

  beginIntent(token: string, id: string, intent: Buffer, kept: readonly KeptValue[]) {
    return this.#step(token, (state) => ({
      intents: new Map([...state.intents, [id, intent]]),
      kept: new Map([...state.kept, ...kept.map(({ name, value }) => [name, value] as const)]),
    }));
  }

  endIntents(token: string, ids: readonly string[]) {
    return this.#step(token, ({ intents }) => ({
      intents: new Map([...intents].filter(([id]) => !ids.includes(id))),
    }));
  }

  intents() {
    return this.#send(({ intents }) => [...intents]);
  }

  keep(token: string, { name, value }: KeptValue) {
    return this.#step(token, ({ kept }) => ({ kept: new Map([...kept, [name, value]]) }));
  }

  unkeep(token: string, name: string) {
    return this.#step(token, ({ kept }) => ({
      kept: new Map([...kept].filter(([known]) => known !== name)),
    }));
  }

  kept(name: string) {
    return this.#send(({ kept }) => {
      const value = kept.get(name);
      return value && { name, value, ms: 1 };
    });
  }

  close() {}

  async #step(token: string, changed: (state: StoreState) => Partial<StoreState>): Promise<boolean> {
    const seen = this.#seen.last;
    const step = await this.#send(() => this.#store.step(token, this.#raisedTo(seen), changed));
    if (step) this.#seen.noteTaken(step, seen);
    return step !== undefined;
  }
}
