import type {
  Catalog,
  CatalogEntry,
  StoredKeys,
  WriteIntent,
  WriteJournal,
} from "../../../src/catalog/index.ts";
import { createLog } from "../../../src/server/observe/create-log.ts";
import { createShare, type SharedBackend } from "../../../src/share/index.ts";
import { createSeal } from "../../../src/store/index.ts";
import type { SimulatedAlma } from "./alma.ts";
import { type SimulatedChange, type SimulatedStore, StoreClient } from "./store.ts";
import { Machine, type World } from "./world.ts";

/** Milliseconds. */
export const LEASE = 2_000;
export const ALMA_TIMEOUT = 6_000;
export const MAX_AGE = 20_000;

type Links = Parameters<Parameters<typeof createShare>[0]["createBackend"]>[0];

interface Known {
  readonly version: number;
  readonly startedAt: number;
}

const newer = (one: Known | undefined, other: Known | undefined) =>
  one && (!other || one.startedAt >= other.startedAt) ? one : other;

/** Whether a write has an idempotency key. */
export const hasKey = (operation: string): boolean => /[02468]$/.test(operation);

/** The log of a process, in the trace of its world. */
const logOf = (world: World, name: string) =>
  createLog("info", { write: (line) => world.note(`${name}: ${JSON.parse(line).msg}`) });

/** A process's knowledge of Alma: a small stand-in for catalog and graph with the same duties. */
class SimulatedBackend implements SharedBackend {
  readonly #machine: Machine;
  readonly #alma: SimulatedAlma;
  readonly #gate: Links["gate"];
  readonly #journal: WriteJournal;
  readonly #keys: StoredKeys;
  readonly #term: () => string | undefined;
  readonly #store: SimulatedStore;
  readonly #known = new Map<number, Known>();
  readonly #touched = new Map<number, number>();
  readonly #locks = new Map<number, Promise<void>>();
  #changed = new Set<number>();
  /**
   * The changes that were seen and not collected, those that were collected and not stored, and whether some were lost.
   */
  #seen: SimulatedChange[] = [];
  #taken: SimulatedChange[] = [];
  #lossesBefore = 0;
  #hasLoss = false;
  #origin: { readonly at: number; readonly since: number } | undefined;

  constructor(
    machine: Machine,
    alma: SimulatedAlma,
    store: SimulatedStore,
    links: Links,
    term: () => string | undefined,
  ) {
    this.#store = store;
    this.#machine = machine;
    this.#alma = alma;
    this.#gate = links.gate;
    this.#journal = links.journal;
    this.#keys = links.storedKeys;
    this.#term = term;
  }

  // Safe: the part of a catalog that the share uses.
  readonly catalog = {
    clock: () => this.#clock(),
    progress: () => ({ warm: true }),
    start() {},
    async stopBackgroundWork() {},
    invalidateAll: () => {
      for (const record of this.#known.keys()) this.#touch(record, this.#clock());
    },
    changeSource: {
      hasUntaken: false,
      take: () => this.#takeChanges(),
      noteStored: () => this.#noteStored(),
      noteLoss: () => {
        this.#hasLoss = true;
      },
      continue() {},
      lastKnownAt: () => 0,
    },
    readPeriods: { last: undefined, continue() {} },
    serialized: {
      apply: (entry: CatalogEntry) => this.#apply(entry),
      entries: () => this.#entriesOf([...this.#known.keys(), ...this.#touched.keys()]),
      followChanges: () => ({
        take: () => {
          const changed = this.#changed;
          this.#changed = new Set();
          return this.#entriesOf([...changed]);
        },
      }),
    },
    store: { settleInSlices: async () => {} },
  } as unknown as Catalog;

  #takeChanges() {
    this.#taken = this.#seen;
    this.#seen = [];
    const lost = this.#hasLoss ? {} : undefined;
    this.#hasLoss = false;
    this.#lossesBefore = this.#store.losses;
    return { changes: this.#taken, lost };
  }

  /** The data that the store acknowledged is in it, unless the store has lost or refused some. */
  #noteStored(): void {
    const { losses } = this.#store;
    if (losses === this.#lossesBefore && !this.#hasLoss) this.#store.acknowledge(this.#taken);
  }

  /** Stores a reading and the change that it shows. */
  #keep(record: number, known: Known): void {
    const before = this.#known.get(record);
    const newest = newer(known, before);
    if (newest !== known) return;
    // Of overlapping readings, a later one may show less.
    if (before && known.version < before.version) return;
    if (before && before.version < known.version)
      this.#seen.push({ kind: "unit", id: record, record, version: known.version });
    this.#known.set(record, known);
  }

  *#entriesOf(records: readonly number[]): Generator<CatalogEntry, void> {
    for (const record of records) {
      const value = JSON.stringify([this.#known.get(record), this.#touched.get(record)]);
      const shown = { kind: "unit", id: record, fields: "{}" };
      yield { key: `record:${record}`, value, shown } as CatalogEntry;
    }
  }

  #apply({ key, value }: CatalogEntry): void {
    const record = Number(key.split(":")[1]);
    if (value === null) {
      this.#known.delete(record);
      return;
    }
    const [known, touched] = JSON.parse(value);
    const newest = newer(known ?? undefined, this.#known.get(record));
    if (newest) this.#known.set(record, newest);
    if (touched !== null) this.#touch(record, touched);
  }

  #clock(): number {
    return this.#origin ? this.#origin.at + this.#machine.world.now - this.#origin.since : 0;
  }

  #touch(record: number, at: number): void {
    this.#touched.set(record, Math.max(at, this.#touched.get(record) ?? Number.NEGATIVE_INFINITY));
    this.#changed.add(record);
  }

  startClock(at: number): void {
    this.#origin ??= { at, since: this.#machine.world.now };
  }

  noteEarlierWrite({ write }: WriteIntent): void {
    const record = write.id ?? 0;
    this.#touch(record, this.#clock());
    const settled = this.#machine.sleep(ALMA_TIMEOUT).then(() => this.#touch(record, this.#clock()));
    this.#locks.set(
      record,
      Promise.all([this.#locks.get(record), settled]).then(() => {}),
    );
  }

  async close(): Promise<void> {}

  async read(record: number): Promise<number> {
    const known = this.#known.get(record);
    const isFresh =
      known &&
      known.startedAt > (this.#touched.get(record) ?? Number.NEGATIVE_INFINITY) &&
      this.#clock() - known.startedAt <= MAX_AGE;
    if (isFresh) return known.version;
    if (!this.#gate.isOpen(true)) throw new Error("no reads");
    const startedAt = this.#clock();
    const version = await this.#alma.read(() => this.#alma.versionOf(record));
    this.#keep(record, { version, startedAt });
    this.#changed.add(record);
    return version;
  }

  /** Resolves with the version that the operation created; undefined if its outcome is unknown. */
  async write(operation: string, record: number): Promise<number | undefined> {
    let release = () => {};
    const before = this.#locks.get(record);
    this.#locks.set(record, new Promise((resolve) => (release = resolve)));
    await before;
    try {
      if (!this.#gate.isOpen(true)) throw new Error("no reads");
      const done = await this.#alma.read(() => this.#alma.applied.get(operation));
      return done ? await this.#tell(operation, record, done.version) : await this.#send(operation, record);
    } finally {
      release();
    }
  }

  async #send(operation: string, record: number): Promise<number | undefined> {
    const id = this.#machine.randomId();
    const idempotency = hasKey(operation) ? { key: operation, fingerprint: "" } : undefined;
    // Safe: the part of an intent that the share reads.
    const intent = { id, write: { id: record }, idempotency } as unknown as WriteIntent;
    await this.#journal.begin(intent);
    // The queue of calls to Alma.
    if (this.#machine.world.random() < 0.4) await this.#machine.sleep(this.#machine.world.random() * LEASE);
    try {
      this.#journal.check();
    } catch (error) {
      this.#journal.end(id);
      throw error;
    }
    this.#store.noteSent(operation, this.#machine.name);
    const over = this.#machine.sleep(ALMA_TIMEOUT).then(() => undefined);
    // The answer reaches a process that is still running.
    const answered = this.#alma
      .write(operation, record, this.#term() ?? "", id)
      .then(
        (version) =>
          new Promise<number>((resolve) => this.#machine.at(this.#machine.world.now, () => resolve(version))),
      );
    const version = (await Promise.race([answered, over])) ?? this.#alma.applied.get(operation)?.version;
    this.#touch(record, this.#clock());
    this.#journal.end(id);
    return version === undefined ? undefined : this.#tell(operation, record, version);
  }

  async #tell(operation: string, record: number, version: number): Promise<number> {
    this.#touch(record, this.#clock());
    if (hasKey(operation)) await this.#keys.keep(operation, { fingerprint: "", state: "final" });
    await this.#journal.whenKnown();
    return version;
  }

  async remembers(operation: string): Promise<boolean> {
    return (await this.#keys.find(operation)) !== undefined;
  }
}

/** One of several processes. */
export class Member {
  readonly machine: Machine;
  readonly client: StoreClient;
  readonly share: ReturnType<typeof createShare<SimulatedBackend>>;

  constructor(name: string, store: SimulatedStore, alma: SimulatedAlma) {
    const { world } = store;
    this.machine = new Machine(world, name);
    this.client = new StoreClient(store, this.machine, LEASE / 2);
    this.share = createShare<SimulatedBackend>({
      store: this.client,
      seal: createSeal(undefined),
      runtime: this.machine,
      lease: LEASE,
      almaTimeout: ALMA_TIMEOUT,
      writeSettlingTime: ALMA_TIMEOUT,
      leaderWait: 2_000,
      log: logOf(world, name),
      historyKeep: { usual: Number.POSITIVE_INFINITY, byType: new Map() },
      createBackend: (links) =>
        new SimulatedBackend(this.machine, alma, store, links, () => this.share.term()),
    });
    this.share.start(name);
  }

  get isAlive(): boolean {
    return !this.machine.isDead;
  }

  /**
   * Answers a request to this process, in the term of a forwarded request; rejects if the process does not lead in that
   * term.
   */
  async answer<T>(
    isWrite: boolean,
    term: string | undefined,
    ask: (backend: SimulatedBackend) => Promise<T>,
  ): Promise<T> {
    const { share } = this;
    const answers = () => (isWrite ? share.beginsMutations() : share.hasLease());
    if (!answers() || (term !== undefined && share.term() !== term)) throw new Error("refused");
    const { backend } = share;
    const answer = await ask(backend);
    if (!isWrite && (!share.hasLease() || share.backend !== backend)) throw new Error("refused");
    return answer;
  }
}
