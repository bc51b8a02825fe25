import type { FastifyReply, FastifyRequest } from "fastify";
import type { ExecuteOperation } from "../../../server/index.ts";
import { failureOf, OperationFailure } from "../../reports/offer.ts";
import type { NumberedRow, Variables } from "./import-rows.ts";

/** What has become of a row. */
export interface JobRow extends NumberedRow {
  readonly state: "DONE" | "FAILED" | "UNKNOWN" | "LEFT";
  readonly payload: unknown;
  readonly userErrors: readonly { readonly message: string; readonly field: readonly string[] | null }[];
  readonly error: { readonly message: string } | null;
}

/** A job, as the graph tells it. */
export interface Job {
  readonly id: string;
  readonly state: "RUNNING" | "STOPPED" | "PAUSED" | "OVER";
  readonly reason: string | null;
  readonly isDryRun: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  readonly left: number;
  readonly secondsLeft: number | null;
}

const FIELDS = "id state reason isDryRun startedAt endedAt total done failed unknown left secondsLeft";
/** Rows that are asked for at once. */
const PAGE = 200;
/** Milliseconds for which a preview is waited for, and between two looks at it. */
const LONGEST_WAIT = 20_000;
const LOOK = 100;

/** The jobs of the caller of a request. All functions reject with an OperationFailure. */
export function importJobs(execute: ExecuteOperation, request: FastifyRequest, reply: FastifyReply) {
  /** `T` is what the operation selects. */
  const ask = async <T>(query: string, variables: Variables): Promise<T> => {
    const { response } = await execute(request, reply, { query, variables });
    const failure = failureOf(response);
    if (failure) throw failure;
    const result = response.body.kind === "single" ? response.body.singleResult : {};
    // Data is text where the gateway's own executor has made it.
    return JSON.parse(JSON.stringify(result.data ?? {}));
  };

  const find = async (id: string): Promise<Job> => {
    const query = `query ImportJob($id: ID!) { job(id: $id) { ${FIELDS} } }`;
    const { job } = await ask<{ readonly job: Job | null }>(query, { id });
    if (job) return job;
    throw new OperationFailure(
      404,
      "NOT_FOUND",
      `You have no job ${id}, or no longer: jobs are kept for 14 days.`,
    );
  };

  return {
    ask,
    find,

    async start(document: string, rows: readonly NumberedRow[], dryRun: boolean, key?: string): Promise<Job> {
      const {
        startJob: { job, userErrors },
      } = await ask<{ readonly startJob: { readonly job: Job | null } & Pick<JobRow, "userErrors"> }>(
        `mutation StartImport($document: String!, $rows: [JSON!]!, $rowNumbers: [Int!], $dryRun: Boolean!, $key: String) {
        startJob(document: $document, rows: $rows, rowNumbers: $rowNumbers, dryRun: $dryRun, idempotencyKey: $key) {
          job { ${FIELDS} } userErrors { message field }
        } }`,
        {
          document,
          rows: rows.map(({ variables }) => variables),
          rowNumbers: rows.map(({ number }) => number),
          dryRun,
          key,
        },
      );
      if (job) return job;
      throw new OperationFailure(400, "BAD_USER_INPUT", userErrors.map(({ message }) => message).join(" "));
    },

    /** Resolves with a job once it is over, or does not run, or has taken too long. */
    async wait(job: Job): Promise<Job> {
      let now = job;
      // A look takes time too, where much is asked at once.
      for (
        const until = performance.now() + LONGEST_WAIT;
        now.state === "RUNNING" && performance.now() < until;
      ) {
        await new Promise((resolve) => setTimeout(resolve, LOOK));
        now = await find(job.id);
      }
      return now;
    },

    change: (verb: "stopJob" | "resumeJob", id: string) =>
      ask(`mutation ChangeImport($id: ID!) { ${verb}(id: $id) { userErrors { message } } }`, { id }),

    /** The rows, in their order: all of them, or the first ones. */
    async rows({ id, total }: Job, most = total): Promise<readonly JobRow[]> {
      const rows: JobRow[] = [];
      while (rows.length < most) {
        const { job } = await ask<{ readonly job: { readonly rows: readonly JobRow[] } | null }>(
          `query ImportRows($id: ID!, $after: Int!) { job(id: $id) {
          rows(after: $after, first: ${PAGE}) { number state variables payload userErrors { message field } error { message } }
        } }`,
          { id, after: rows.at(-1)?.number ?? 0 },
        );
        const next = job?.rows ?? [];
        if (next.length === 0) break;
        rows.push(...next);
      }
      return rows;
    },
  };
}

export type ImportJobs = ReturnType<typeof importJobs>;
