import { hash, randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { userError } from "../../graph/index.ts";
import { type Caller, createFairSlots, type RouteParts } from "../../server/index.ts";
import type { Jobs, JobsApi } from "./api.ts";
import { checkRows } from "./check-rows.ts";
import { readJobDocument } from "./job-document.ts";
import { type JobList, MAX_BYTES, openJobList } from "./job-list.ts";
import { type JobRunParts, retry, runJob } from "./job-run.ts";
import type { StoredJob } from "./stored-job.ts";

/** The maximum number of rows of all jobs, as a multiple of the maximum for one job. */
const ROWS_PER_ROW = 10;
/** The delay, in milliseconds, before the store is read again. */
const LOAD_PAUSE = 1_000;
/** The reason for a pause after an unexpected error. */
const UNEXPECTED_REASON =
  "An unexpected error stopped it; see the gateway's log. Resume it: finished rows are not repeated.";

/** A job that runs: how to stop it, and a promise of its end, which never rejects. */
interface Running {
  readonly job: StoredJob;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The jobs of all callers, while this process runs them. */
interface Session {
  readonly list: Promise<JobList>;
  /** The running jobs, by id. */
  readonly running: Map<string, Running>;
  readonly over: AbortController;
}

/** The jobs that run in this process. */
export interface ServerJobs extends Jobs {
  /** Starts running jobs whenever this process may. */
  open(): void;
  /** Starts no more rows. Resolves when all started rows have finished and are stored. */
  close(): Promise<void>;
  /** The number of remaining rows of jobs that run here. */
  readonly rowsLeft: number;
}

/**
 * Runs jobs: those started here, and those left by an earlier process or leader. With several processes, the leader
 * runs them.
 */
export function createJobs(
  parts: RouteParts,
  { documents, maxRows }: Pick<JobsApi, "documents" | "maxRows">,
  concurrency: number,
): ServerJobs {
  const { graph, leadership, log } = parts;
  const slots = createFairSlots(concurrency, Infinity, () => false);
  const runParts: JobRunParts = { ...parts, slots, concurrency };
  let session: Session | undefined;
  let isOpen = false;
  leadership?.onChange(updateSession);

  const running = () => [...(session?.running.values() ?? [])];

  async function findOwn(id: string, caller: Caller) {
    const job = (await here().list).get(id);
    return job && isOwn(job, caller) ? job : undefined;
  }

  function read(document: string) {
    return documents.get(document)?.(parts) ?? readJobDocument(document, parts);
  }

  /** Starts running jobs if this process may, and stops if it no longer may. */
  function updateSession() {
    const mayRun = isOpen && (leadership?.beginsMutations() ?? true);
    if (mayRun && !session) begin();
    if (mayRun || !session) return;
    const ended = session;
    session = undefined;
    ended.over.abort();
    for (const { stop } of ended.running.values()) stop.abort();
  }

  function begin() {
    const over = new AbortController();
    const begun: Session = { list: load(over.signal), running: new Map(), over };
    session = begun;
    const runAll = (list: JobList) => {
      for (const job of list.all()) run(begun, job);
    };
    begun.list.then(runAll).catch(() => {});
  }

  /**
   * Loads all jobs as soon as the store is available. Rejects with AlmaError if this process may no longer run them.
   */
  async function load(over: AbortSignal): Promise<JobList> {
    for (;;) {
      try {
        return await openJobList(graph.storedValues(), ROWS_PER_ROW * maxRows);
      } catch (error) {
        if (!(error instanceof AlmaError)) log.error({ error }, "the stored jobs cannot be read");
        if (over.aborted) throw error;
        await sleep(LOAD_PAUSE, undefined, { ref: false });
      }
    }
  }

  function run({ running, over }: Session, job: StoredJob) {
    const { id, state, document } = job.head;
    const before = running.get(id);
    if (over.signal.aborted || state !== "RUNNING" || (before && !before.stop.signal.aborted)) return;
    const stop = new AbortController();
    // Each waiting row adds a listener.
    setMaxListeners(0, stop.signal);
    /** Pauses it, unless it is already stopped. */
    const pause = async (reason: string) => {
      if (stop.signal.aborted) return;
      stop.abort();
      await retry(() => job.pause(reason), over.signal);
      log.warn({ job: id, caller: job.head.caller.id, reason }, "job paused");
    };
    const work = async () => {
      try {
        await before?.ended;
        if (!stop.signal.aborted) await runJob(job, read(document), runParts, stop.signal, pause);
      } catch (error) {
        log.error({ error, job: id }, "unexpected error in a job");
        // Its document may no longer match the schema.
        await pause(error instanceof GraphQLError ? error.message : UNEXPECTED_REASON).catch(() => {});
      } finally {
        if (running.get(id)?.stop === stop) running.delete(id);
      }
    };
    running.set(id, { job, stop, ended: work() });
  }

  /** Throws AlmaError if another process runs the jobs. */
  function here() {
    if (session) return session;
    const message =
      "This process runs no jobs at the moment: it is starting or stopping. Try again in a moment.";
    throw new AlmaError("NO_LEADER", message, { retryAfter: 1 });
  }

  return {
    open() {
      isOpen = true;
      updateSession();
    },

    async close() {
      const left = running();
      isOpen = false;
      updateSession();
      await Promise.all(left.map(({ ended }) => ended));
    },

    get rowsLeft() {
      return running().reduce((sum, { job }) => sum + job.left, 0);
    },

    async start(request, caller) {
      const current = here();
      const rows = await checkRows(request, caller, maxRows, read);
      if (rows.errors) return rows.errors;
      const { document, rowNumbers, idempotencyKey, dryRun } = request;
      const text = JSON.stringify([document, rows.rows, dryRun, ...(rowNumbers ? [rowNumbers] : [])]);
      const head = {
        id: randomBytes(16).toString("base64url"),
        key: idempotencyKey == null ? null : digestOf(JSON.stringify([caller.id, idempotencyKey])),
        caller: storedCaller(caller),
        document,
        dryRun,
        fingerprint: digestOf(text),
        bytes: Buffer.byteLength(text),
        ...(rowNumbers && { rowNumbers }),
        requires: rows.requires,
        total: rows.rows.length,
        startedAt: Date.now(),
        state: "RUNNING",
        reason: null,
        endedAt: null,
      } as const;
      const job = await (await current.list).add(head, rows.rows);
      if (!job) return [noRoom];
      if (job.head.fingerprint !== head.fingerprint)
        return [
          userError(
            "INVALID",
            ["idempotencyKey"],
            `The key ${JSON.stringify(String(idempotencyKey))} was used for another job. Use a new key for a new job.`,
          ),
        ];
      run(current, job);
      return job.describe();
    },

    find: async (id, caller) => (await findOwn(id, caller))?.describe(),

    async all(caller) {
      const jobs = (await here().list).all().filter((job) => isOwn(job, caller));
      return jobs.map((job) => job.describe()).reverse();
    },

    async stop(id, caller) {
      const job = await findOwn(id, caller);
      if (job?.head.state === "RUNNING") {
        await job.stop();
        session?.running.get(id)?.stop.abort();
      }
      return job?.describe();
    },

    async resume(id, caller) {
      const current = here();
      const job = await findOwn(id, caller);
      if (job && (job.head.state === "STOPPED" || job.head.state === "PAUSED")) {
        await job.resume(storedCaller(caller));
        run(current, job);
      }
      return job?.describe();
    },
  };
}

const digestOf = (text: string) => hash("sha256", text, "base64url");

/** Returns whether a job belongs to this caller and the caller still has the job's scopes. */
const isOwn = ({ head }: StoredJob, { id, scopes: held }: Caller) =>
  head.caller.id === id && head.requires.every((scope) => held.has(scope));

const storedCaller = ({ id, name, scopes: held, expires }: Caller) => ({
  id,
  name,
  scopes: [...held],
  expires,
});

const noRoom = userError(
  "NOT_DONE",
  ["rows"],
  `All unfinished jobs have the maximum of rows, or yours the maximum of ${MAX_BYTES} bytes. Wait until some have finished, or send fewer rows.`,
);
