import { AlmaError } from "../../alma/index.ts";
import { defineCapability } from "../../capability.ts";
import type { JobsApi } from "./api.ts";
import { job, jobFields, resumeJob, jobs as shownJobs, start, startJob, stopJob } from "./job-field.ts";
import { createJobs, type ServerJobs } from "./jobs.ts";

/** Runs one mutation for many rows, which continues when its caller disconnects: `startJob`, `job`, `jobs`. */
export const jobs = defineCapability({
  name: "jobs",
  constants: {
    /** JOB_CONCURRENCY: concurrent rows of all jobs. */
    jobConcurrency: 16,
    /** MAX_JOB_ROWS: rows of one job; all jobs may have ten times as many. */
    maxJobRows: 10_000,
  },
  resolvers: { Query: { job, jobs: shownJobs }, Job: jobFields, Mutation: { startJob, stopJob, resumeJob } },
  prepare({ config, metrics }) {
    let run: ServerJobs | undefined;
    metrics.gauge(
      "job_rows_left",
      "Rows that are left of the jobs that run here (JOB_CONCURRENCY at once).",
      () => run?.rowsLeft ?? 0,
    );
    const api: JobsApi = {
      documents: new Map(),
      maxRows: config.maxJobRows,
      start,
      jobs() {
        if (run) return run;
        throw new AlmaError("NO_LEADER", "This gateway is starting. Try again in a moment.", {
          retryAfter: 1,
        });
      },
    };
    return {
      provides: api,
      routes(_app, parts) {
        run = createJobs(parts, api, config.jobConcurrency);
      },
      start: () => run?.open(),
      stop: async () => run?.close(),
    };
  },
});
