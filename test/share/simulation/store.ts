import {
  createSeal,
  type Lease,
  type NewCommit,
  type NewTerm,
  openEntry,
  type Renewal,
  type SharedStore,
  type StoredEntry,
  type StoredValue,
  StoreUnreachableError,
} from "../../../src/store/index.ts";
import { HighWaterMark, type Step } from "../../../src/store/shared/high-water-mark.ts";
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
  readonly readings: readonly { readonly seq: number; readonly value: Uint8Array }[];
  readonly intents: ReadonlyMap<string, Uint8Array>;
  readonly kept: ReadonlyMap<string, Uint8Array>;
  /** The changes of history, in their order. */
  readonly changes: readonly SimulatedChange[];
  /** Changes may be missing from before this time, which is reported. */
  readonly gapAt: number;
}

/** A change of a record to a version. */
export interface SimulatedChange {
  readonly kind: "unit";
  readonly id: number;
  readonly record: number;
  readonly version: number;
}

/** The record and the version of an entry; undefined if it has none. */
function shownBy(entry: StoredEntry): Pick<SimulatedChange, "record" | "version"> | undefined {
  const [, name, text] = openEntry(seal, entry);
  const [known] = JSON.parse(text ?? "[]");
  return known ? { record: Number(name.split(":")[1]), version: known.version } : undefined;
}

/** Whether the store refuses it: a few values, wherever they occur. */
const isRefused = ({ record, version }: Pick<SimulatedChange, "record" | "version">): boolean =>
  (record * 5 + version) % 17 === 7;
const isRefusedChange = (change: SimulatedChange): boolean =>
  isRefused(change) || (change.record * 5 + change.version) % 17 === 3;

/** Milliseconds within which a continuing leader has detected a loss and stored a gap for it. */
export const LOSS_NOTICED = 8_000;
/** The maximum number of consecutive refusals before a commit with a few refused values is stored without one. */
const MAX_REFUSALS = 60;

const seal = createSeal(undefined);
const NO_STEP: Step = { term: 0, step: 0 };

/** A store that can lose data and be unavailable. */
export class SimulatedStore {
  readonly world: World;
  nonces: Record<string, number> = {};
  downUntil = 0;
  /** When a version of a record began in Alma. */
  beganAt: (version: Pick<SimulatedChange, "record" | "version">) => number = () => 0;
  /** Called when a process sends a write. */
  noteSent: (operation: string, name: string) => void = () => {};
  /** The intents of writes that may still be performed. */
  underWay: ReadonlySet<string> = new Set();
  /** Called with violated invariants. */
  fail: (what: string) => void = () => {};
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
    changes: [],
    gapAt: Number.NEGATIVE_INFINITY,
  };
  /** How often it has lost data. */
  losses = 0;
  lostAt = Number.NEGATIVE_INFINITY;
  #refusals = 0;
  readonly #acknowledged: SimulatedChange[] = [];
  /** Earlier states, the most recent first. */
  #before: StoreState[] = [];
  #runs = 0;

  /** The tokens of terms, in their order. */
  readonly terms: string[] = [];

  constructor(world: World) {
    this.world = world;
  }

  change(changed: Partial<StoreState>): void {
    this.#before = [this.state, ...this.#before.slice(0, 199)];
    this.state = { ...this.state, ...changed };
  }

  /** Loses the latest data. `isNewRun`: another server continues, as a promoted replica does. */
  lose(count: number, isNewRun: boolean): void {
    const older = this.#before[Math.min(count, this.#before.length) - 1];
    if (!older) return;
    this.losses++;
    this.lostAt = this.world.now;
    this.state = isNewRun ? { ...older, run: `run-${++this.#runs}` } : older;
    this.#before = [];
    this.nonces = {};
  }

  /** Throws if it refuses a value of a commit. */
  refuse({ changes, entries }: NewCommit): void {
    const shown = entries.flatMap((entry) => shownBy(entry) ?? []);
    // Safe: the data that the simulated backend records.
    if (!shown.some(isRefused) && !(changes as unknown as SimulatedChange[]).some(isRefusedChange)) {
      if (shown.length + changes.length > 0) this.#refusals = 0;
      return;
    }
    if (++this.#refusals > MAX_REFUSALS) this.fail("a refused value keeps all others from the store");
    throw new Error("A value is refused.");
  }

  /** Records the changes that a leader was told are stored. */
  acknowledge(changes: readonly SimulatedChange[]): void {
    this.#acknowledged.push(...changes);
  }

  /** Whether its leader may not have detected a loss yet. */
  #isLossRecent(): boolean {
    return this.world.now - Math.max(this.lostAt, this.downUntil) < LOSS_NOTICED;
  }

  /** Checks that history contains each acknowledged change, or a gap that covers it. */
  checkAcknowledged(): void {
    if (this.#isLossRecent()) return;
    const { changes, gapAt } = this.state;
    const names = new Set(changes.map(({ record, version }) => `${record}:${version}`));
    for (const change of this.#acknowledged)
      if (this.beganAt(change) > gapAt && !names.has(`${change.record}:${change.version}`))
        this.fail(`a change of record ${change.record} to ${change.version} was acknowledged, and is lost`);
  }

  /** Checks that history contains each earlier known change of a record exactly once. */
  checkHistory({ entries, changes, lost }: NewCommit): void {
    const { state } = this;
    const gapAt = lost || this.#isLossRecent() ? this.world.now : state.gapAt;
    const rows = [...state.changes, ...(changes as unknown as SimulatedChange[])];
    const names = new Set(rows.map(({ record, version }) => `${record}:${version}`));
    if (names.size < rows.length) this.fail("a reader of history sees a change twice");
    for (const entry of entries) {
      const [shown, before] = [shownBy(entry), state.entries.get(entry.key)];
      const known = before && shownBy(before.entry);
      if (!shown || !known || known.version >= shown.version || this.beganAt(shown) <= gapAt) continue;
      if (!names.has(`${shown.record}:${shown.version}`))
        this.fail(
          `history lacks the change of record ${shown.record} from ${known.version} to ${shown.version}`,
        );
    }
  }

  /** Performs a step in a term. */
  step(token: string, seen: Step, changed: (state: StoreState) => Partial<StoreState>): Step | undefined {
    if (this.state.token !== token) return undefined;
    const { term } = this.state;
    const step = Math.max(this.state.step, seen.step) + 1;
    this.change({ ...changed(this.state), step });
    return { term, step };
  }
}

/** A store as one process reaches it: with delays, or not at all. */
export class StoreClient implements SharedStore {
  readonly format = "1";
  readonly #store: SimulatedStore;
  readonly #machine: Machine;
  readonly #timeout: number;
  readonly #seen = new HighWaterMark();
  cutUntil = 0;
  /** Until then, answers are delayed. */
  slowUntil = 0;

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
  #send<T>(step: (state: StoreState) => T, losesAnswer = false): Promise<T> {
    const { world } = this.#machine;
    const delay = () => (world.random() < 0.97 ? world.random() * 3 : world.random() * this.#timeout * 1.5);
    const isReached = () =>
      world.now >= this.cutUntil && world.now >= this.#store.downUntil && world.random() > 0.002;
    return new Promise((resolve, reject) => {
      const cancel = this.#machine.after(this.#timeout, () => reject(new StoreUnreachableError("late")));
      if (!isReached()) return;
      world.at(world.now + delay(), () => {
        if (!isReached()) return;
        const answer = step(this.#store.state);
        if (losesAnswer || !isReached()) return;
        const slowness = world.now < this.slowUntil ? world.random() * this.#timeout * 0.9 : 0;
        this.#machine.at(world.now + slowness + delay(), () => {
          cancel();
          resolve(answer);
        });
      });
    });
  }

  /** The number of the preceding step: only the recovery from a loss raises it to the number seen. */
  #raisedTo(_: Step): Step {
    return NO_STEP;
  }

  #isLost(step: Step, seenBefore: Step): boolean {
    return this.#seen.compare(step, seenBefore);
  }

  async readState(member: string, nonce: number) {
    const seen = this.#seen.last;
    const { state, time } = await this.#send((state) => {
      this.#store.nonces[member] = nonce;
      return { state, time: this.#store.world.now };
    });
    const { run, lease, seq, at, epoch } = state;
    return { run, lease, time, hasLost: this.#isLost(state, seen), log: { seq, at, epoch } };
  }

  async take(
    seen: Pick<Lease, "token" | "beat"> | undefined,
    { token, at, run, time, keepsData, ownRun }: NewTerm,
  ) {
    const wall = this.#machine.wall();
    const last = this.#seen.last;
    // Only its answer may be delayed.
    if (this.#machine.world.random() < 0.2)
      this.slowUntil = Math.max(this.slowUntil, this.#machine.world.now + 10);
    const taken = await this.#send((state) => {
      const { lease } = state;
      if (lease?.token !== seen?.token || lease?.beat !== seen?.beat || state.run !== run) return undefined;
      const unknown = [...this.#store.underWay].filter((id) => !state.intents.has(id));
      // With another run, or none, it waits until they are over.
      if (lease?.run === run && ownRun === run && unknown.length > 0)
        this.#store.fail(
          `${this.#machine.name} takes over, and does not know of ${unknown}, which are under way`,
        );
      this.#store.terms.push(token);
      const own = { echo: {}, address: "", isWarm: false, format: this.format, free: "" };
      this.#store.change({
        token,
        term: Math.max(state.term, last.term) + 1,
        step: Math.max(state.step, last.step) + 1,
        format: this.format,
        lease: { token, beat: 1, run: ownRun, at, wall, time, ...own },
        ...(keepsData
          ? {}
          : { entries: new Map(), readings: [], epoch: token, gapAt: this.#store.world.now }),
      });
      return this.#store.state;
    });
    if (taken) {
      this.#seen.noteCaughtUp(taken);
      this.#machine.world.note(
        `${this.#machine.name} takes the lease (term ${taken.term}, step ${taken.step}, keeps data ${keepsData})`,
      );
    }
    return taken;
  }

  async renew({ token, ...renewal }: Renewal) {
    const seen = this.#seen.last;
    const wall = this.#machine.wall();
    const renewed = await this.#send(({ lease }) => {
      if (!lease || lease.token !== token) return undefined;
      // Renewals have a separate row, which is lost together with the others.
      const { state, nonces } = this.#store;
      this.#store.state = { ...state, lease: { ...lease, ...renewal, wall, beat: lease.beat + 1 } };
      this.#store.nonces = {};
      return { ...state, nonces, time: this.#store.world.now };
    });
    return renewed && { ...renewed, hasLost: this.#isLost(renewed, seen) };
  }

  async catchUp(token: string) {
    const seen = this.#seen.last;
    const losesAnswer = this.#machine.world.random() < 0.3;
    const step = await this.#send(() => this.#store.step(token, seen, () => ({})), losesAnswer);
    if (step) this.#seen.noteCaughtUp(step);
    return step !== undefined;
  }

  async free({ token, at, time }: Pick<Renewal, "token" | "at" | "time">) {
    const wall = this.#machine.wall();
    await this.#send(({ lease, run }) => {
      if (lease?.token === token)
        this.#store.change({ lease: { ...lease, free: run, at, wall, time, address: "" } });
    });
  }

  async commit(commit: NewCommit) {
    const { token, seq, id, at, entries, readings, replacesAll, changes, lost } = commit;
    const seen = this.#seen.last;
    const done = await this.#send((state) => {
      const own = token;
      if (state.token !== own) return undefined;
      if (state.seq !== seq - 1) return { last: { seq: state.seq, id: state.commitId } };
      try {
        this.#store.refuse(commit);
      } catch (refusal) {
        return { refusal };
      }
      this.#store.checkHistory(commit);
      if (state.token !== token) this.#store.fail("a process has committed in a term that is over");
      const next = new Map(state.entries);
      const read = [...(replacesAll ? [] : state.readings), ...(readings ? [{ seq, value: readings }] : [])];
      for (const entry of entries) next.set(entry.key, { seq, entry });
      return {
        step: this.#store.step(own, this.#raisedTo(seen), () => ({
          seq,
          commitId: id,
          at,
          entries: next,
          readings: read,
          // Safe: the data that the simulated backend records.
          changes: [...state.changes, ...(changes as unknown as SimulatedChange[])],
          ...(lost && { gapAt: this.#store.world.now }),
        })),
        last: { seq, id },
      };
    });
    if (done?.refusal) throw done.refusal;
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

  beginIntent(token: string, id: string, intent: Uint8Array, kept: readonly StoredValue[]) {
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

  storeValue(token: string, { name, value }: StoredValue) {
    return this.#step(token, ({ kept }) => ({ kept: new Map([...kept, [name, value]]) }));
  }

  deleteValue(token: string, name: string) {
    return this.#step(token, ({ kept }) => ({
      kept: new Map([...kept].filter(([known]) => known !== name)),
    }));
  }

  findValue(name: string) {
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
