import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Job as GraphJob, JobRowState } from "../../../graph/generated.ts";
import type { ExecuteOperation } from "../../../server/index.ts";
import { failureOf, OperationFailure } from "../../reports/api.ts";
import type { Import } from "../import.ts";
import type { NumberedRow, Variables } from "./import-rows.ts";

/** Facts about a table that are not part of its job. */
export interface OmittedParts {
  /** The number of rows about other records, and of rows without a change. */
  readonly otherRows: number;
  readonly emptyRows: number;
  /** Ignored columns and sheets, by title. */
  readonly notRead: string;
}

/** Parameters of a job's URL. */
export interface TableNotes extends OmittedParts {
  /** The id of the preview before it. */
  readonly since: string | undefined;
}

/** The query string of a job's URL. */
export interface JobQuery {
  readonly _since?: string;
  readonly _others?: string;
  readonly _empty?: string;
  readonly _unread?: string;
}

/** Returns the URL of a job, or of a file below it. */
export function jobAddress(
  { name }: Import,
  path: string,
  { since, otherRows = 0, emptyRows = 0, notRead = "" }: Partial<TableNotes> = {},
  only?: string,
): string {
  const query = new URLSearchParams({
    ...(since !== undefined && { _since: since }),
    ...(otherRows > 0 && { _others: `${otherRows}` }),
    ...(emptyRows > 0 && { _empty: `${emptyRows}` }),
    ...(notRead !== "" && { _unread: notRead }),
    ...(only !== undefined && { _only: only }),
  });
  return `/imports/${name}/jobs/${path}${query.size > 0 ? `?${query}` : ""}`;
}

/** Reads the notes about a table from the query of its job. Replaces an invalid number with 0. */
export function readTableNotes({ _since, _others = "", _empty = "", _unread = "" }: JobQuery): TableNotes {
  const read = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : 0);
  return { since: _since, otherRows: read(_others), emptyRows: read(_empty), notRead: _unread.slice(0, 300) };
}

/** Describes the omitted rows; empty if there are none. */
export function describeOmitted(
  { columns: [key] }: Import,
  { otherRows, emptyRows, notRead }: OmittedParts,
): string {
  const kind = key?.only?.replace(/\B[A-Z]/g, " $&").toLowerCase();
  const parts = [
    otherRows > 0 && `${otherRows} about no ${kind}`,
    emptyRows > 0 && `${emptyRows} with nothing but ${key?.title}`,
  ].filter(Boolean);
  return [
    parts.length > 0 && `Rows that are left out: ${parts.join(", ")}.`,
    notRead !== "" && `Not read: ${notRead}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** A row with its outcome. */
export interface ImportJobRow extends NumberedRow {
  readonly state: JobRowState;
  readonly payload: unknown;
  readonly userErrors: readonly { readonly message: string; readonly field: readonly string[] | null }[];
  readonly error: { readonly message: string } | null;
}

/** A job, as the graph answers. */
export interface Job
  extends Pick<
    GraphJob,
    "id" | "state" | "reason" | "isDryRun" | "total" | "done" | "failed" | "unknown" | "left" | "secondsLeft"
  > {
  readonly startedAt: string;
}

const FIELDS = "id state reason isDryRun startedAt total done failed unknown left secondsLeft";
/** The number of rows requested together. */
const PAGE = 200;
/** Milliseconds for which a preview waits for its job, and between two checks. */
const PREVIEW_WAIT = 20_000;
const POLL_INTERVAL = 100;

/**
 * Manages the jobs of one import for a request's caller. A job of another import is not found, nor is one of an earlier
 * document. All functions reject with an OperationFailure.
 */
export function importJobs(
  { title, document }: Import,
  execute: ExecuteOperation,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  /** Executes a query. `T`: the type of the selected data. */
  const ask = async <T>(query: string, variables: Variables): Promise<T> => {
    const { response } = await execute(request, reply, { query, variables });
    const failure = failureOf(response);
    if (failure) throw failure;
    // The gateway's own executor returns data as text.
    return JSON.parse(JSON.stringify(response.body.singleResult.data ?? {}));
  };

  const find = async (id: string): Promise<Job> => {
    const query = `query ImportJob($id: ID!) { job(id: $id) { ${FIELDS} document } }`;
    const { job } = await ask<{ readonly job: (Job & Pick<GraphJob, "document">) | null }>(query, { id });
    if (job?.document === document) return job;
    const message = job
      ? `The job ${id} is of another import, or ${title} has changed since. Send the table again.`
      : `You have no job ${id}. Jobs are kept for 14 days.`;
    throw new OperationFailure(404, "NOT_FOUND", message);
  };

  return {
    ask,
    find,

    async start(rows: readonly NumberedRow[], dryRun: boolean, key?: string): Promise<Job> {
      const {
        startJob: { job, userErrors },
      } = await ask<{ readonly startJob: { readonly job: Job | null } & Pick<ImportJobRow, "userErrors"> }>(
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

    /** Resolves with a job when it has ended, is not running, or the time is up. */
    async wait(job: Job): Promise<Job> {
      let now = job;
      // Checking takes time too, if there are many requests.
      for (
        const until = performance.now() + PREVIEW_WAIT;
        now.state === "RUNNING" && performance.now() < until;
      ) {
        await sleep(POLL_INTERVAL);
        now = await find(job.id);
      }
      return now;
    },

    async change(verb: "stopJob" | "resumeJob", id: string): Promise<void> {
      await find(id);
      await ask(`mutation ChangeImport($id: ID!) { ${verb}(id: $id) { userErrors { message } } }`, { id });
    },

    /** Returns the rows in order: all of them, or the first ones. */
    async rows({ id, total }: Job, most = total): Promise<readonly ImportJobRow[]> {
      const rows: ImportJobRow[] = [];
      while (rows.length < most) {
        const { job } = await ask<{ readonly job: { readonly rows: readonly ImportJobRow[] } | null }>(
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
