import { FORGOTTEN, jobName, type StoredValues } from "../../catalog/index.ts";
import { type Caller, parseScopes, type Scope } from "../../server/index.ts";
import type { Job, JobRow, JobRowOutcome, Variables } from "./api.ts";
import { createJobParts, PART_SIZE, partOf } from "./job-parts.ts";

/** How long a job is stored after its start, in milliseconds; the keys of its rows are stored longer. */
export const JOB_LIFETIME = 14 * 24 * 3_600_000;

/** A stored job without its rows. */
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
  /** The hash of its caller and its idempotency key; null without a key. */
  readonly key: string | null;
  /** The fingerprint of its arguments. */
  readonly fingerprint: string;
  /** The scopes that its document needs. */
  readonly requires: readonly Scope[];
  readonly total: number;
  /** The size of its rows in bytes of JSON. */
  readonly bytes: number;
  /** The numbers of its rows in the source table; by default their positions. */
  readonly rowNumbers?: readonly number[];
  readonly startedAt: number;
  readonly state: Job["state"];
  readonly reason: string | null;
  readonly endedAt: number | null;
}

const counted = { DONE: "done", FAILED: "failed", UNKNOWN: "unknown", LEFT: "left" } as const;

/** Stores a new job. Rejects with AlmaError. */
export async function createJob(
  values: StoredValues,
  head: JobHead,
  rows: readonly Variables[],
): Promise<StoredJob> {
  await createJobParts(values, head.id, head.total).keepRows(rows, JOB_LIFETIME);
  await values.keep(jobName(head.id), head, JOB_LIFETIME);
  return jobOf(values, head, [], JOB_LIFETIME);
}

/** Loads a job, if it still exists. Rejects with AlmaError. */
export async function loadJob(values: StoredValues, id: string): Promise<StoredJob | undefined> {
  const kept = await values.find(jobName(id));
  if (!kept) return undefined;
  // Safe: stored as this type.
  const head = kept.value as JobHead;
  const parts = createJobParts(values, id, head.total);
  const states: JobRow["state"][] = [];
  const forgotten = new Set<number>();
  for (const start of parts.starts())
    for (const [place, outcome] of (await parts.outcomesFrom(start)).entries())
      if (outcome) {
        states[start + place] = outcome.state;
        if (outcome.error?.code === FORGOTTEN) forgotten.add(start + place);
      }
  return jobOf(values, head, states, kept.ms, forgotten);
}

/** A job whose description is in memory. Its rows and outcomes are read on demand. */
export type StoredJob = ReturnType<typeof jobOf>;

function jobOf(
  values: StoredValues,
  initial: JobHead,
  known: readonly JobRow["state"][],
  ms: number,
  forgotten: ReadonlySet<number> = new Set(),
) {
  let head = initial;
  const states = Array.from({ length: head.total }, (_, index) => known[index] ?? "LEFT");
  const counts = { done: 0, failed: 0, unknown: 0, left: 0 };
  for (const state of states) counts[counted[state]]++;
  const name = jobName(head.id);
  const parts = createJobParts(values, head.id, head.total);
  const end = performance.now() + ms;
  /** The outcomes not stored yet, and the write in progress. */
  let unstored = new Map<number, JobRowOutcome>();
  let storing: Promise<void> | undefined;
  /** When it started running in this process, by `performance.now()`, and how many rows were left then. */
  let runningSince: { readonly at: number; readonly left: number } | undefined;
  let version = 0;

  const timeLeft = () => Math.max(1, end - performance.now());

  /** Returns the rows per second; null while it is not running or has just started. */
  function pace() {
    if (!runningSince || head.state !== "RUNNING") return null;
    const { at, left } = runningSince;
    const worked = left - counts.left;
    return worked > 0 ? (1_000 * worked) / (performance.now() - at) : null;
  }

  async function shownRows(
    ...[requestedStates, after, first]: Parameters<Job["rows"]>
  ): Promise<readonly JobRow[]> {
    const found: JobRow[] = [];
    for (const start of parts.starts()) {
      if (found.length >= first) break;
      const shown = states.slice(start, start + PART_SIZE).flatMap((state, place) => {
        const number = head.rowNumbers?.[start + place] ?? start + place + 1;
        return number > after && (!requestedStates || requestedStates.includes(state))
          ? [{ number, place, state }]
          : [];
      });
      if (shown.length === 0) continue;
      const [rows, outcomes] = [await parts.rowsFrom(start), await parts.outcomesFrom(start)];
      // Skip stored outcomes that have not been announced yet.
      for (const { number, place, state } of shown.slice(0, first - found.length))
        found.push({
          ...((state !== "LEFT" && outcomes[place]) || noOutcome),
          number,
          variables: rows[place],
        });
    }
    return found;
  }

  async function store() {
    const stored = unstored;
    unstored = new Map();
    const starts = new Set([...stored.keys()].map(partOf));
    try {
      for (const start of starts) {
        const outcomes = await parts.keepOutcomes(start, stored, timeLeft);
        for (const [place, outcome] of outcomes.entries()) if (outcome) setOutcome(start + place, outcome);
      }
    } catch (error) {
      // Store them together with the next ones.
      unstored = new Map([...stored, ...unstored]);
      throw error;
    }
  }

  function setOutcome(index: number, outcome: JobRowOutcome) {
    if (states[index] !== "LEFT") return;
    states[index] = outcome.state;
    counts[counted[outcome.state]]++;
    counts.left--;
    version++;
  }

  return {
    /** The job's definition and state. */
    get head() {
      return head;
    },
    /** The number of remaining rows. */
    get left() {
      return counts.left;
    },
    get caller(): Caller {
      const { scopes, ...caller } = head.caller;
      return { ...caller, scopes: parseScopes(scopes) };
    },
    /** The remaining time, in milliseconds, for which it is stored. */
    get timeLeft() {
      return end - performance.now();
    },
    /** Yields the variables of all rows, in order. Rejects with AlmaError. */
    rows: parts.rows,

    /** Resolves with the variables of a row. Rejects with AlmaError. */
    variablesOf: parts.variablesOf,

    /** Returns its current state. */
    describe(): Job {
      const { id, state, reason, dryRun, startedAt, endedAt, total } = head;
      const described = version;
      return {
        id,
        state,
        reason,
        isDryRun: dryRun,
        total,
        ...counts,
        pace: pace(),
        startedAt: new Date(startedAt),
        endedAt: endedAt === null ? null : new Date(endedAt),
        expiresAt: new Date(startedAt + JOB_LIFETIME),
        isCurrent: () => version === described,
        rows: shownRows,
      };
    },

    /** Records that it runs in this process from now on. */
    noteRunning() {
      runningSince = { at: performance.now(), left: counts.left };
    },

    /** Returns the state of a row. */
    stateOf: (index: number): JobRow["state"] => states[index] ?? "LEFT",

    /** Returns whether a row's outcome was erased. */
    isForgotten: (index: number): boolean => forgotten.has(index),

    /** Changes the job, in the store first. Rejects with AlmaError. */
    async change(change: Partial<Pick<JobHead, "state" | "reason" | "endedAt" | "caller">>): Promise<void> {
      const changed = { ...head, ...change };
      await values.keep(name, changed, timeLeft());
      head = changed;
      version++;
    },

    /**
     * Stores the outcome of a row, together with others that arrive meanwhile, then announces it. Rejects with
     * AlmaError.
     */
    async note(index: number, outcome: JobRowOutcome): Promise<void> {
      unstored.set(index, outcome);
      await storing?.catch(() => {});
      // Another caller may be storing it by now.
      storing ??= store().finally(() => {
        storing = undefined;
      });
      await storing;
    },

    /** Removes it from the store. Rejects with AlmaError. */
    async forget(): Promise<void> {
      await values.forget(name);
      await parts.forget();
    },
  };
}

const noOutcome: JobRowOutcome = { state: "LEFT", payload: null, userErrors: [], error: null };
