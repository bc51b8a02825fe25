import { FORGOTTEN, jobName, jobPartName, type StoredValues } from "../../catalog/index.ts";
import { DAY } from "../../config/index.ts";
import { type Caller, parseScopes, type Scope } from "../../server/index.ts";
import type { Job, JobRow, JobRowOutcome, Variables } from "./api.ts";

/** How long a job is stored after its start, in milliseconds; the keys of its rows are stored longer. */
export const JOB_LIFETIME = 14 * DAY;
/** The number of rows stored together. */
const CHUNK = 50;

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
  /** From RUNNING to STOPPED, PAUSED or OVER; then back to RUNNING, or to OVER when its last rows finish meanwhile. */
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
  for (let start = 0; start < rows.length; start += CHUNK)
    await values.keep(jobPartName(head.id, "rows", start), rows.slice(start, start + CHUNK), JOB_LIFETIME);
  await values.keep(jobName(head.id), head, JOB_LIFETIME);
  return jobOf(values, head, [], JOB_LIFETIME);
}

/** Loads a job, if it still exists. Rejects with AlmaError. */
export async function loadJob(values: StoredValues, id: string): Promise<StoredJob | undefined> {
  // Safe, here and below: stored as this type.
  const kept = await values.find(jobName(id));
  const head = kept?.value as JobHead | undefined;
  const states: JobRow["state"][] = [];
  const forgotten = new Set<number>();
  for (let start = 0; head && start < head.total; start += CHUNK)
    for (const [place, outcome] of (await readOutcomes(values, id, start)).entries())
      if (outcome) {
        states[start + place] = outcome.state;
        if (outcome.error?.code === FORGOTTEN) forgotten.add(start + place);
      }
  return head && jobOf(values, head, states, kept?.ms ?? 0, forgotten);
}

const readOutcomes = async (values: StoredValues, id: string, start: number) =>
  ((await values.find(jobPartName(id, "outcomes", start)))?.value ?? []) as readonly Stored[];

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
  const end = performance.now() + ms;
  /** The outcomes not stored yet, and the write in progress. */
  let unstored = new Map<number, JobRowOutcome>();
  let storing: Promise<void> | undefined;
  /** When it started running in this process, by `performance.now()`, and how many rows were left then. */
  let runningSince: { readonly at: number; readonly left: number } | undefined;
  let version = 0;
  /** The rows read last; running rows are close to each other. */
  let recent: { readonly start: number; readonly rows: Promise<readonly Variables[]> } | undefined;

  const timeLeft = () => Math.max(1, end - performance.now());

  /** Returns the rows per second; null while it is not running or has just started. */
  function pace() {
    if (!runningSince || head.state !== "RUNNING") return null;
    const { at, left } = runningSince;
    const worked = left - counts.left;
    return worked > 0 ? (1_000 * worked) / (performance.now() - at) : null;
  }

  /** Reads the rows stored together from `start`. */
  async function rowsFrom(start: number) {
    const chunk = (await values.find(jobPartName(head.id, "rows", start)))?.value as
      | readonly Variables[]
      | undefined;
    if (chunk) return chunk;
    throw new Error(`The rows of the job ${head.id} from ${start + 1} on are no longer stored.`);
  }

  async function shownRows(
    ...[requestedStates, after, first]: Parameters<Job["rows"]>
  ): Promise<readonly JobRow[]> {
    const found: JobRow[] = [];
    for (let start = 0; start < head.total && found.length < first; start += CHUNK) {
      const shown = states.slice(start, start + CHUNK).flatMap((state, place) => {
        const number = head.rowNumbers?.[start + place] ?? start + place + 1;
        return number > after && (!requestedStates || requestedStates.includes(state))
          ? [{ number, place, state }]
          : [];
      });
      if (shown.length === 0) continue;
      const [rows, outcomes] = [await rowsFrom(start), await readOutcomes(values, head.id, start)];
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
    const starts = new Set([...stored.keys()].map((index) => index - (index % CHUNK)));
    try {
      for (const start of starts) {
        const before = await readOutcomes(values, head.id, start);
        const chunk = states
          .slice(start, start + CHUNK)
          .map((_, place) => stored.get(start + place) ?? before[place] ?? null);
        await values.keep(jobPartName(head.id, "outcomes", start), chunk, timeLeft());
        for (const [place, outcome] of chunk.entries()) if (outcome) setOutcome(start + place, outcome);
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

  /** Changes the job, in the store first. Rejects with AlmaError. */
  async function change(changes: Partial<JobHead>) {
    const changed = { ...head, ...changes };
    await values.keep(name, changed, timeLeft());
    head = changed;
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
    async *rows(): AsyncGenerator<Variables> {
      for (let start = 0; start < head.total; start += CHUNK) yield* await rowsFrom(start);
    },

    /** Resolves with the variables of a row. Rejects with AlmaError. */
    async variablesOf(index: number) {
      const start = index - (index % CHUNK);
      if (recent?.start !== start) recent = { start, rows: rowsFrom(start) };
      const { rows } = recent;
      // Safe: a chunk has all of its rows.
      return (
        await rows.catch((error) => {
          recent = undefined;
          throw error;
        })
      )[index % CHUNK] as Variables;
    },

    /** Returns its current state. */
    describe(): Job {
      const { id, state, reason, document, dryRun, startedAt, endedAt, total } = head;
      const described = version;
      return {
        id,
        state,
        reason,
        document,
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
    stateOf: (index: number) => states[index] ?? "LEFT",

    /** Returns whether a row's outcome was erased. */
    isForgotten: (index: number) => forgotten.has(index),

    /** Notes that its caller has stopped it. Rejects with AlmaError, like the other changes of its state. */
    stop: () => change({ state: "STOPPED" }),
    /** Notes why it cannot continue. */
    pause: (reason: string) => change({ state: "PAUSED", reason }),
    /** Notes that it runs again, for its caller with the current scopes. */
    resume: (caller: JobHead["caller"]) => change({ state: "RUNNING", reason: null, caller }),
    /** Notes that no row is left. */
    end: () => change({ state: "OVER", endedAt: Date.now() }),

    /**
     * Stores the outcome of a row, together with others that arrive meanwhile, then announces it. Rejects with
     * AlmaError.
     */
    async note(index: number, outcome: JobRowOutcome) {
      unstored.set(index, outcome);
      await storing?.catch(() => {});
      // Another caller may be storing it by now.
      storing ??= store().finally(() => {
        storing = undefined;
      });
      await storing;
    },

    /** Removes it from the store. Rejects with AlmaError. */
    async forget() {
      await values.forget(name);
      for (let start = 0; start < head.total; start += CHUNK)
        for (const part of ["rows", "outcomes"] as const)
          await values.forget(jobPartName(head.id, part, start));
    },
  };
}

/** A stored outcome; null if there is none. */
type Stored = JobRowOutcome | null;

const noOutcome: JobRowOutcome = { state: "LEFT", payload: null, userErrors: [], error: null };
