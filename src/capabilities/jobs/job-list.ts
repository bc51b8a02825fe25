import { JOB_IDS_NAME, type StoredValues } from "../../catalog/index.ts";
import type { Variables } from "./api.ts";
import { createJob, JOB_LIFETIME, type JobHead, loadJob, type StoredJob } from "./stored-job.ts";

/** The maximum size, in bytes, of the rows of one caller's jobs. */
export const MAX_BYTES = 64 * 2 ** 20;

/** Creates storage in the memory of this process. */
function inMemory(): StoredValues {
  const kept = new Map<string, { readonly value: unknown; readonly ms: number }>();
  return {
    find: async (name) => kept.get(name),
    keep: async (name, value, ms) => void kept.set(name, { value, ms }),
    forget: async (name) => void kept.delete(name),
  };
}

/**
 * Loads the stored list of jobs, oldest first. Its functions reject with AlmaError. `maxRows`: the maximum number of
 * rows of all jobs.
 */
export async function openJobList(values: StoredValues = inMemory(), maxRows: number) {
  const jobs = new Map<string, StoredJob>();
  // Safe: the value was stored as this type.
  for (const id of ((await values.find(JOB_IDS_NAME))?.value ?? []) as readonly string[]) {
    const job = await loadJob(values, id);
    if (job) jobs.set(id, job);
  }
  /** Jobs are added one at a time. */
  let adding: Promise<unknown> = Promise.resolve();

  function get(id: string): StoredJob | undefined {
    const job = jobs.get(id);
    return job && job.timeLeft > 0 ? job : undefined;
  }

  const all = (): readonly StoredJob[] => [...jobs.keys()].flatMap((id) => get(id) ?? []);

  async function store(head: JobHead, rows: readonly Variables[]): Promise<StoredJob | undefined> {
    let count = rows.length;
    let bytes = head.bytes;
    const isOwn = (job: StoredJob) => job.head.caller.id === head.caller.id;
    for (const job of jobs.values()) {
      count += job.head.total;
      if (isOwn(job)) bytes += job.head.bytes;
    }
    for (const [id, job] of [...jobs]) {
      const isDue = job.head.state === "OVER" && (count > maxRows || (isOwn(job) && bytes > MAX_BYTES));
      if (!isDue && get(id)) continue;
      count -= job.head.total;
      if (isOwn(job)) bytes -= job.head.bytes;
      jobs.delete(id);
      await job.forget();
    }
    if (count > maxRows || bytes > MAX_BYTES) return undefined;
    const job = await createJob(values, head, rows);
    await values.keep(JOB_IDS_NAME, [...jobs.keys(), head.id], JOB_LIFETIME);
    jobs.set(head.id, job);
    return job;
  }

  return {
    get,
    all,
    /**
     * Stores a job, or returns the one with its key. Deletes finished jobs to make room, oldest first; undefined if
     * there is still no room.
     */
    add(head: JobHead, rows: readonly Variables[]): Promise<StoredJob | undefined> {
      const isSame = (job: StoredJob) => head.key !== null && job.head.key === head.key;
      const added = adding.then(() => all().find(isSame) ?? store(head, rows));
      adding = added.catch(() => {});
      return added;
    },
  };
}

export type JobList = Awaited<ReturnType<typeof openJobList>>;
