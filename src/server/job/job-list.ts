import type { StoredValues } from "../../catalog/index.ts";
import { type JobHead, LIFE, StoredJob, type Variables } from "./stored-job.ts";

/** The name under which the ids of all jobs are kept. */
const IDS = "job:all";

/** Keeps nothing beyond this process. */
const nowhere: StoredValues = { find: async () => undefined, keep: async () => {}, forget: async () => {} };

/** All jobs, the oldest first. Its methods reject with AlmaError. */
export class JobList {
  readonly #values: StoredValues;
  readonly #maxRows: number;
  readonly #jobs: Map<string, StoredJob>;
  /** Jobs are added one at a time. */
  #adding: Promise<unknown> = Promise.resolve();

  private constructor(values: StoredValues, maxRows: number, jobs: readonly StoredJob[]) {
    this.#values = values;
    this.#maxRows = maxRows;
    this.#jobs = new Map(jobs.map((job) => [job.head.id, job]));
  }

  /** Loads what was kept. `maxRows`: how many rows all jobs may have together. */
  static async open(values: StoredValues = nowhere, maxRows: number): Promise<JobList> {
    // Safe: it is what was kept.
    const ids = ((await values.find(IDS)) ?? []) as readonly string[];
    const jobs: StoredJob[] = [];
    for (const id of ids) {
      const job = await StoredJob.load(values, id);
      if (job) jobs.push(job);
    }
    return new JobList(values, maxRows, jobs);
  }

  get(id: string): StoredJob | undefined {
    const job = this.#jobs.get(id);
    return job && job.expiresAt > Date.now() ? job : undefined;
  }

  all(): readonly StoredJob[] {
    return [...this.#jobs.keys()].flatMap((id) => this.get(id) ?? []);
  }

  /**
   * Stores a job, or gives the one with its key. Those that are over are forgotten for it, the oldest first;
   * undefined if there is no room all the same.
   */
  add(head: JobHead, rows: readonly Variables[]): Promise<StoredJob | undefined> {
    const isSame = (job: StoredJob) => head.key !== null && job.head.key === head.key;
    const added = this.#adding.then(() => this.all().find(isSame) ?? this.#add(head, rows));
    this.#adding = added.catch(() => {});
    return added;
  }

  async #add(head: JobHead, rows: readonly Variables[]): Promise<StoredJob | undefined> {
    let count = rows.length;
    for (const { head } of this.#jobs.values()) count += head.total;
    for (const [id, job] of [...this.#jobs]) {
      const isDue = job.head.state === "OVER" && count > this.#maxRows;
      if (!isDue && this.get(id)) continue;
      count -= job.head.total;
      this.#jobs.delete(id);
      await job.forget();
    }
    if (count > this.#maxRows) return undefined;
    const job = await StoredJob.create(this.#values, head, rows);
    await this.#values.keep(IDS, [...this.#jobs.keys(), head.id], LIFE);
    this.#jobs.set(head.id, job);
    return job;
  }
}
