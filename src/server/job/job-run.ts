import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { AlmaError } from "../../alma/index.ts";
import type { Config, Log } from "../../config/index.ts";
import type { FairSlots } from "../admission/fair-slots.ts";
import type { Caller } from "../scope/scope.ts";
import type { JobDocument } from "./job-document.ts";
import { NotAllowed, type RunOperation, runRow } from "./row-run.ts";
import type { StoredJob, Variables } from "./stored-job.ts";

/** What jobs are run with. */
export interface JobRunParts {
  readonly config: Pick<Config, "jobConcurrency">;
  readonly run: RunOperation;
  /** For rows that run at once, of all jobs (JOB_CONCURRENCY). */
  readonly slots: FairSlots;
  readonly log: Log;
  /** A caller as it is now; undefined if its key or token has ended. */
  callerNow(caller: Caller): Caller | undefined;
}

/** Milliseconds until what the store has refused is stored again. */
const STORE_PAUSE = 1_000;

/** Rows that are read before others have their turn. */
const STEP = 100;

/** The rows that are about the same, in their order. */
type Lane = readonly (readonly [index: number, variables: Variables])[];

/**
 * Works off the rows of a job that are left, until none is, or it is stopped: rows that have begun by then end. It is
 * paused where its caller may not go on.
 */
export async function runJob(
  job: StoredJob,
  document: JobDocument,
  parts: JobRunParts,
  stop: AbortController,
): Promise<void> {
  const { id, caller, total } = job.head;
  const pause = async (reason: string) => {
    if (stop.signal.aborted) return;
    stop.abort();
    await insist(() => job.change({ state: "PAUSED", reason }), stop.signal);
    parts.log.warn({ job: id, caller: caller.id, reason }, "job paused");
  };
  job.noteRunning();
  const lanes = (await lanesOf(job, document)).values();
  const work = async () => {
    for (const lane of lanes)
      for (const row of lane) {
        if (stop.signal.aborted) return;
        const reason = await runInSlot(job, document, row, parts, stop.signal);
        if (reason !== undefined) await pause(reason);
      }
  };
  await Promise.all(Array.from({ length: parts.config.jobConcurrency }, work));
  if (job.left > 0) return;
  await insist(() => job.change({ state: "OVER", endedAt: Date.now() }), stop.signal);
  const { done, failed, unknown } = job.describe();
  parts.log.info({ job: id, caller: caller.id, total, done, failed, unknown }, "job over");
}

async function lanesOf(job: StoredJob, document: JobDocument): Promise<readonly Lane[]> {
  const lanes = new Map<string, (readonly [number, Variables])[]>();
  for (const row of job.leftRows()) {
    const subject = document.subjectOf(row[1]) ?? `row ${row[0]}`;
    const lane = lanes.get(subject);
    if (lane) lane.push(row);
    else lanes.set(subject, [row]);
    if (row[0] % STEP === STEP - 1) await setImmediate();
  }
  return [...lanes.values()];
}

/** Runs a row and stores what has become of it. Resolves with why the job does not go on, if it does not. */
async function runInSlot(
  job: StoredJob,
  document: JobDocument,
  [index, variables]: Lane[number],
  { run, slots, callerNow }: JobRunParts,
  stop: AbortSignal,
): Promise<string | undefined> {
  const { id, dryRun } = job.head;
  const release = await slots.take(job.head.caller.id, stop)?.catch(() => undefined);
  if (!release) return undefined;
  try {
    const caller = callerNow(job.caller);
    if (!caller)
      return "Its key or token has ended. Take one that has not, of the same caller, and resume it.";
    if (!caller.scopes.has("WRITE") || !caller.scopes.has("BULK"))
      return "Its key has no longer the scopes write and bulk. Have them given back, and resume it.";
    const key = `job:${id}:${index + 1}`;
    const row = { key, document, variables, dryRun, caller };
    const outcome = await runRow(run, row, stop);
    await insist(() => job.note(index, outcome), stop);
  } catch (error) {
    if (error instanceof NotAllowed) return error.message;
    if (!stop.aborted) throw error;
  } finally {
    release();
  }
  return undefined;
}

/** Stores something, again and again while the store refuses it; once at least where the job is stopped. */
async function insist(step: () => Promise<void>, stop: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof AlmaError)) throw error;
      if (stop.aborted) return;
      await sleep(STORE_PAUSE);
    }
  }
}
