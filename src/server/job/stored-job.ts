import type { StoredValues } from "../../catalog/index.ts";
import type { Job, JobRow, JobRowOutcome } from "../../graph/index.ts";
import { type Caller, parseScopes, type Scope } from "../scope/scope.ts";

/** Milliseconds from its start for which a job is kept; the keys of its rows are kept longer. */
export const LIFE = 14 * 24 * 3_600_000;
/** Rows that are stored together. */
const CHUNK = 50;

/** The name under which a job is kept; its rows and what has become of them are kept under names that begin so. */
const nameOf = (id: string): string => `job:${id}`;

/** The variables of a row. */
export type Variables = Readonly<Record<string, unknown>>;

/** What a job is, besides its rows, as it is stored. */
export interface JobHead {
  readonly id: string;
  readonly caller: {
    readonly id: string;
    readonly name: string;
    readonly scopes: readonly string[];
    readonly expires: number | null;
  };
  readonly document: string;
  readonly dryRun: boolean;
  /** The hash of its caller and its idempotency key; null without one. */
  readonly key: string | null;
  /** Of what it was started with. */
  readonly fingerprint: string;
  /** The scopes that its document needs. */
  readonly requires: readonly Scope[];
  readonly total: number;
  /** The numbers of its rows where they come from; without them, they are counted. */
  readonly rowNumbers?: readonly number[];
  readonly startedAt: number;
  readonly state: Job["state"];
  readonly reason: string | null;
  readonly endedAt: number | null;
}

const counted = { DONE: "done", FAILED: "failed", UNKNOWN: "unknown", LEFT: "left" } as const;

/** A job in memory, of which everything that it tells is stored. */
export class StoredJob {
  #head: JobHead;
  readonly #values: StoredValues;
  readonly #rows: readonly Variables[];
  readonly #outcomes: (JobRowOutcome | undefined)[];
  readonly #counts = { done: 0, failed: 0, unknown: 0, left: 0 };
  /** The outcomes that are not stored yet, and the storing that goes on. */
  #unstored = new Map<number, JobRowOutcome>();
  #storing: Promise<void> | undefined;
  /** Since when it runs here, by `performance.now()`, and how many rows were left then. */
  #runningSince: { readonly at: number; readonly left: number } | undefined;
  #version = 0;

  private constructor(
    values: StoredValues,
    head: JobHead,
    rows: readonly Variables[],
    outcomes: readonly Stored[],
  ) {
    this.#values = values;
    this.#head = head;
    this.#rows = rows;
    this.#outcomes = Array.from(rows, (_, index) => outcomes[index] ?? undefined);
    for (const outcome of this.#outcomes) this.#counts[counted[outcome?.state ?? "LEFT"]]++;
  }

  /** Stores a new job. Rejects with AlmaError. */
  static async create(values: StoredValues, head: JobHead, rows: readonly Variables[]): Promise<StoredJob> {
    for (let start = 0; start < rows.length; start += CHUNK)
      await values.keep(`${nameOf(head.id)} rows ${start}`, rows.slice(start, start + CHUNK), LIFE);
    await values.keep(nameOf(head.id), head, LIFE);
    return new StoredJob(values, head, rows, []);
  }

  /** Loads a job; undefined if there is none any more. Rejects with AlmaError. */
  static async load(values: StoredValues, id: string): Promise<StoredJob | undefined> {
    // Safe, here and below: it is what was kept.
    const head = (await values.find(nameOf(id))) as JobHead | undefined;
    const rows: Variables[] = [];
    const outcomes: Stored[] = [];
    for (let start = 0; head && start < head.total; start += CHUNK) {
      const chunk = (await values.find(`${nameOf(id)} rows ${start}`)) as readonly Variables[] | undefined;
      if (!chunk) return undefined;
      rows.push(...chunk);
      const stored = (await values.find(`${nameOf(id)} outcomes ${start}`)) as readonly Stored[] | undefined;
      outcomes.push(...(stored ?? chunk.map(() => null)));
    }
    return head && new StoredJob(values, head, rows, outcomes);
  }

  /** What it is. */
  get head(): JobHead {
    return this.#head;
  }

  /** How many rows are left. */
  get left(): number {
    return this.#counts.left;
  }

  /** When it is forgotten, by the wall clock. */
  get expiresAt(): number {
    return this.#head.startedAt + LIFE;
  }

  get caller(): Caller {
    const { scopes, ...caller } = this.#head.caller;
    return { ...caller, scopes: parseScopes(scopes) };
  }

  /** As it is now. */
  describe(): Job {
    const { id, state, reason, dryRun, startedAt, endedAt, total } = this.#head;
    const version = this.#version;
    return {
      ...{ id, state, reason, isDryRun: dryRun, total, ...this.#counts, pace: this.#pace() },
      startedAt: new Date(startedAt),
      endedAt: endedAt === null ? null : new Date(endedAt),
      expiresAt: new Date(this.expiresAt),
      isCurrent: () => this.#version === version,
      rows: (...asked) => this.#shownRows(...asked),
    };
  }

  /** Rows a second; null while it does not run, or has just begun. */
  #pace(): number | null {
    if (!this.#runningSince || this.#head.state !== "RUNNING") return null;
    const { at, left } = this.#runningSince;
    const worked = left - this.left;
    return worked > 0 ? (1_000 * worked) / (performance.now() - at) : null;
  }

  /** Notes that it runs here from now on. */
  noteRunning(): void {
    this.#runningSince = { at: performance.now(), left: this.left };
  }

  #shownRows(...[states, after, first]: Parameters<Job["rows"]>): readonly JobRow[] {
    const found: JobRow[] = [];
    for (let index = 0; index < this.#rows.length && found.length < first; index++) {
      const number = this.#head.rowNumbers?.[index] ?? index + 1;
      const outcome = this.#outcomes[index] ?? noOutcome;
      if (number > after && (!states || states.includes(outcome.state)))
        found.push({ ...outcome, number, variables: this.#rows[index] });
    }
    return found;
  }

  /** The variables of all rows. */
  get variables(): readonly Variables[] {
    return this.#rows;
  }

  /** What has become of a row. */
  stateOf(index: number): JobRow["state"] {
    return this.#outcomes[index]?.state ?? "LEFT";
  }

  /** Changes what it is, in the store first. Rejects with AlmaError. */
  async change(change: Partial<Pick<JobHead, "state" | "reason" | "endedAt" | "caller">>): Promise<void> {
    const head = { ...this.#head, ...change };
    await this.#values.keep(nameOf(head.id), head, this.#timeLeft);
    this.#head = head;
    this.#version++;
  }

  get #timeLeft(): number {
    return Math.max(1, this.expiresAt - Date.now());
  }

  /** Stores the outcome of a row, with those that come meanwhile; it is told from then on. Rejects with AlmaError. */
  async note(index: number, outcome: JobRowOutcome): Promise<void> {
    this.#unstored.set(index, outcome);
    await this.#storing?.catch(() => {});
    // Another that has waited for the same may store it by now.
    this.#storing ??= this.#store().finally(() => {
      this.#storing = undefined;
    });
    await this.#storing;
  }

  async #store(): Promise<void> {
    const storing = this.#unstored;
    this.#unstored = new Map();
    const starts = new Set([...storing.keys()].map((index) => index - (index % CHUNK)));
    try {
      for (const start of starts) {
        const rows = this.#outcomes.slice(start, start + CHUNK);
        const outcomes = rows.map((known, place) => storing.get(start + place) ?? known ?? null);
        await this.#values.keep(`${nameOf(this.#head.id)} outcomes ${start}`, outcomes, this.#timeLeft);
        for (const [place, outcome] of outcomes.entries()) if (outcome) this.#tell(start + place, outcome);
      }
    } catch (error) {
      // They are stored with the next.
      for (const [index, outcome] of storing)
        if (!this.#unstored.has(index)) this.#unstored.set(index, outcome);
      throw error;
    }
  }

  #tell(index: number, outcome: JobRowOutcome): void {
    if (this.#outcomes[index]) return;
    this.#outcomes[index] = outcome;
    this.#counts[counted[outcome.state]]++;
    this.#counts.left--;
    this.#version++;
  }

  /** Removes it from the store. Rejects with AlmaError. */
  async forget(): Promise<void> {
    const { id, total } = this.#head;
    await this.#values.forget(nameOf(id));
    for (let start = 0; start < total; start += CHUNK)
      for (const part of ["rows", "outcomes"]) await this.#values.forget(`${nameOf(id)} ${part} ${start}`);
  }
}

/** An outcome as it is stored; null if there is none. */
type Stored = JobRowOutcome | null;

const noOutcome: JobRowOutcome = { state: "LEFT", payload: null, userErrors: [], error: null };
