import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError } from "../../alma/index.ts";
import type { createFairSlots, RouteParts } from "../../server/index.ts";
import type { JobDocument, JobRowOutcome, PlacedRow, Variables } from "./api.ts";
import { findNeededRows, type JobLanes, type Lane, placeRows } from "./job-lanes.ts";
import { NotAllowedError, runRow } from "./row-run.ts";
import type { StoredJob } from "./stored-job.ts";

/** The dependencies of running jobs. */
export interface JobRunParts extends RouteParts {
  /** The number of concurrent rows of all jobs, and their slots (JOB_CONCURRENCY). */
  readonly concurrency: number;
  readonly slots: ReturnType<typeof createFairSlots>;
}

/** The delay, in milliseconds, before a refused store operation is retried. */
const STORE_PAUSE = 1_000;

/** A row to run again after others, with the rows that follow it in its lane. */
interface Postponed {
  readonly index: number;
  readonly outcome: JobRowOutcome;
  readonly rest: Lane;
}

/**
 * Runs the remaining rows of a job until none is left or the job is stopped; rows that have started are finished.
 * `pause`: called with the reason if its caller may no longer run it; aborts `stop`.
 */
export async function runJob(
  job: StoredJob,
  document: JobDocument,
  parts: JobRunParts,
  stop: AbortSignal,
  pause: (reason: string) => Promise<void>,
): Promise<void> {
  const { id, caller, total, dryRun } = job.head;
  job.noteRunning();
  const arranged = await retry(() => placeRows(job, document.placeOf), stop);
  if (!arranged) return;
  const { stages, lanes } = arranged;
  const note = (index: number, outcome: JobRowOutcome) => retry(() => job.note(index, outcome), stop);
  const isOpen = ({ userErrors }: JobRowOutcome) =>
    userErrors.length > 0 && userErrors.every(({ code }) => document.open.has(code));
  const pauseIfNotAllowed = (error: unknown) => {
    if (error instanceof NotAllowedError) return pause(error.message);
    throw error;
  };
  /** Resolves with the lanes to continue after the others. */
  const runLanes = async (left: readonly Lane[]): Promise<readonly Postponed[]> => {
    const queue = left.values();
    const postponed: Postponed[] = [];
    const work = async () => {
      for (const lane of queue)
        for (const [place, row] of lane.entries()) {
          if (stop.aborted) return;
          const outcome = await runInSlot(job, document, row, lanes, parts, stop).catch(pauseIfNotAllowed);
          if (outcome && !dryRun && isOpen(outcome)) {
            postponed.push({ outcome, index: row.index, rest: lane.slice(place) });
            break;
          }
          if (outcome) await note(row.index, outcome);
        }
    };
    await Promise.all(Array.from({ length: parts.concurrency }, work));
    return postponed;
  };
  /** The rows that ran and were postponed. */
  const tried = new Set<number>();
  for (const stage of stages)
    for (let next = stage; next.length > 0 && !stop.aborted; ) {
      const postponed = await runLanes(next);
      const isInVain = postponed.length === next.length && postponed.every(({ index }) => tried.has(index));
      for (const { index } of postponed) tried.add(index);
      if (isInVain) for (const { index, outcome } of postponed) await note(index, outcome);
      next = postponed
        .map(({ rest }) => (isInVain ? rest.slice(1) : rest))
        .filter(({ length }) => length > 0);
    }
  if (job.left > 0) return;
  await retry(() => job.end(), stop);
  const { done, failed, unknown } = job.describe();
  parts.log.info({ job: id, caller: caller.id, total, done, failed, unknown }, "job over");
}

/** Runs a row. Resolves with its outcome; undefined if the job is stopped. Throws NotAllowedError. */
async function runInSlot(
  job: StoredJob,
  document: JobDocument,
  row: PlacedRow,
  lanes: JobLanes["lanes"],
  { executeInternally, slots, authentication }: JobRunParts,
  stop: AbortSignal,
) {
  const { id, dryRun } = job.head;
  const needed = findNeededRows(row, lanes);
  const failed = needed.find(({ index }) => job.stateOf(index) !== "DONE");
  const variables = await retry(() => job.variablesOf(row.index), stop);
  if (!variables) return undefined;
  if (failed && !dryRun && document.failBy) return document.failBy(row, variables, failed);
  const before: Variables[] = [];
  for (const { index } of dryRun ? needed : []) {
    const read = await retry(() => job.variablesOf(index), stop);
    if (read) before.push(read);
  }
  const release = await slots.take(job.head.caller.id, stop)?.catch(() => undefined);
  if (!release) return undefined;
  try {
    const caller = authentication.callerNow(job.caller);
    if (!caller)
      throw new NotAllowedError(
        "Its key or token has expired. Use a valid one of the same caller, and resume the job.",
      );
    if (!caller.scopes.has("WRITE") || !caller.scopes.has("BULK"))
      throw new NotAllowedError(
        "Its key no longer has the scopes write and bulk. Restore them, and resume the job.",
      );
    const key = `job:${id}:${row.index + 1}`;
    const all = document.variablesOf(variables, before);
    return await runRow(executeInternally, { key, document, variables: all, dryRun, caller }, stop);
  } catch (error) {
    if (error instanceof NotAllowedError || !stop.aborted) throw error;
    return undefined;
  } finally {
    release();
  }
}

/** Retries a store operation while the store refuses it. Tries at least once, and gives up when `end` aborts. */
export async function retry<T>(step: () => Promise<T>, end: AbortSignal) {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof AlmaError)) throw error;
      if (end.aborted) return undefined;
      await sleep(STORE_PAUSE);
    }
  }
}
