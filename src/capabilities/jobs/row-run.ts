import { setTimeout as sleep } from "node:timers/promises";
import type { FormattedExecutionResult } from "graphql";
import { errorPersistence } from "../../alma/index.ts";
import { type Caller, type ExecuteInternally, LeadershipLostError } from "../../server/index.ts";
import type { JobDocument, JobRowOutcome, RowPayload, Variables } from "./api.ts";
import { DRY_RUN_VARIABLE } from "./api.ts";
import { KEY_VARIABLE } from "./job-document.ts";

/** One row to run. */
interface Row {
  /** Identifies the job and the row: marks the write, and identifies the request in the log. */
  readonly key: string;
  readonly document: JobDocument;
  readonly variables: Variables;
  readonly dryRun: boolean;
  readonly caller: Caller;
}

/** The maximum number of attempts for a row whose error may pass. */
const MAX_TRIES = 3;
/** The delay, in milliseconds, before a row is retried: the first one, doubled each time, and the maximum. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 30_000];
/** The maximum number of characters of a payload as JSON. */
const MAX_PAYLOAD = 16_384;

/** Thrown when a job cannot continue because its caller's key has ended, or lacks scopes. */
export class NotAllowedError extends Error {}

/**
 * Runs a row until its outcome is known. Waits while Alma or the store is down. Throws NotAllowedError, or the signal's
 * reason if it aborts before any part of the row was sent.
 */
export async function runRow(run: ExecuteInternally, row: Row, signal: AbortSignal): Promise<JobRowOutcome> {
  for (let tries = 1; ; tries++) {
    const { data, errors } = await execute(run, row);
    const payload = row.document.payloadOf(data);
    const [error] = errors ?? [];
    const code = String(error?.extensions?.code ?? "INTERNAL_SERVER_ERROR");
    const rowError = error ? { code, message: error.message } : null;
    if (payload) return outcomeOf(payload, rowError);
    const persistence = code === "INTERNAL_SERVER_ERROR" ? "stays" : errorPersistence(code);
    const isPassing = persistence === "passes" || (persistence === "may pass" && tries < MAX_TRIES);
    if (code === "FORBIDDEN" || code === "UNAUTHENTICATED") throw new NotAllowedError(error?.message);
    // After an unexpected error, the outcome is unknown.
    if (!isPassing)
      return {
        state: code === "INTERNAL_SERVER_ERROR" ? "UNKNOWN" : "FAILED",
        payload: null,
        userErrors: [],
        error: rowError,
      };
    const seconds = Number(error?.extensions?.retryAfter ?? 0);
    const pause = Math.max(1_000 * seconds, FIRST_PAUSE * 2 ** (tries - 1));
    await sleep(Math.min(pause, LONGEST_PAUSE), undefined, { signal });
  }
}

async function execute(
  run: ExecuteInternally,
  { key, document, variables, dryRun, caller }: Row,
): Promise<FormattedExecutionResult> {
  const request = { id: key, body: { operationName: document.mutation }, caller, isBulk: true, at: "a job" };
  const operationRequest = {
    query: document.text,
    variables: { ...variables, [KEY_VARIABLE]: key, [DRY_RUN_VARIABLE]: dryRun },
  };
  try {
    const { response } = await run(request, operationRequest);
    return response.body.singleResult;
  } catch (error) {
    // The next leader runs the row.
    const code = error instanceof LeadershipLostError ? "NO_LEADER" : "INTERNAL_SERVER_ERROR";
    return { errors: [{ message: (error as Error).message, extensions: { code } }] };
  }
}

function outcomeOf({ payload, userErrors }: RowPayload, error: JobRowOutcome["error"]): JobRowOutcome {
  const isUnknown = userErrors.some(({ code }) => code === "OUTCOME_UNKNOWN");
  const state = isUnknown ? "UNKNOWN" : userErrors.length > 0 ? "FAILED" : "DONE";
  const text = JSON.stringify(payload);
  return { state, payload: text.length > MAX_PAYLOAD ? null : JSON.parse(text), userErrors, error };
}
