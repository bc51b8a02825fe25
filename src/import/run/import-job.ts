import type { FastifyReply, FastifyRequest } from "fastify";
import { failureOf, OperationFailure } from "../../report/index.ts";
import type { ExecuteOperation } from "../../server/index.ts";
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

/** The jobs of the caller of a request. All methods reject with an OperationFailure. */
export class ImportJobs {
  readonly #execute: (query: string, variables: Variables) => Promise<Readonly<Record<string, unknown>>>;

  constructor(execute: ExecuteOperation, request: FastifyRequest, reply: FastifyReply) {
    this.#execute = async (query, variables) => {
      const { response } = await execute(request, reply, { query, variables });
      const failure = failureOf(response);
      if (failure) throw failure;
      const result = response.body.kind === "single" ? response.body.singleResult : {};
      // Data is text where the gateway's own executor has made it.
      return JSON.parse(JSON.stringify(result.data ?? {}));
    };
  }

  async start(document: string, rows: readonly NumberedRow[], dryRun: boolean, key?: string): Promise<Job> {
    const { startJob } = await this.#execute(
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
    // Safe, here and below: it is what the operation selects.
    const { job, userErrors } = startJob as {
      readonly job: Job | null;
      readonly userErrors: JobRow["userErrors"];
    };
    if (job) return job;
    throw new OperationFailure(400, "BAD_USER_INPUT", userErrors.map(({ message }) => message).join(" "));
  }

  async find(id: string): Promise<Job> {
    const { job } = await this.#execute(`query ImportJob($id: ID!) { job(id: $id) { ${FIELDS} } }`, { id });
    if (job) return job as Job;
    throw new OperationFailure(
      404,
      "NOT_FOUND",
      `You have no job ${id}, or no longer: jobs are kept for 14 days.`,
    );
  }

  /** Resolves with a job once it is over, or does not run, or has taken too long. */
  async wait(job: Job): Promise<Job> {
    let now = job;
    for (let waited = 0; now.state === "RUNNING" && waited < LONGEST_WAIT; waited += LOOK) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      now = await this.find(job.id);
    }
    return now;
  }

  async change(verb: "stopJob" | "resumeJob", id: string): Promise<void> {
    await this.#execute(`mutation ChangeImport($id: ID!) { ${verb}(id: $id) { userErrors { message } } }`, {
      id,
    });
  }

  /** The rows, in their order: all of them, or the first ones. */
  async rows({ id, total }: Job, most = total): Promise<readonly JobRow[]> {
    const rows: JobRow[] = [];
    while (rows.length < most) {
      const { job } = await this.#execute(
        `query ImportRows($id: ID!, $after: Int!) { job(id: $id) {
          rows(after: $after, first: ${PAGE}) { number state variables payload userErrors { message field } error { message } }
        } }`,
        { id, after: rows.at(-1)?.number ?? 0 },
      );
      const next = (job as { readonly rows: readonly JobRow[] } | null)?.rows ?? [];
      if (next.length === 0) break;
      rows.push(...next);
    }
    return rows;
  }
}
