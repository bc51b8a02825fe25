import { setImmediate } from "node:timers/promises";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { idempotencyKeyProblem, type UserError } from "../../graph/index.ts";
import type { Caller } from "../../server/index.ts";
import type { JobDocument, JobRequest, Variables } from "./api.ts";

/** The maximum number of faulty rows reported at once. */
const MAX_FAULTS = 20;
/** The number of rows checked between two yields. */
const STEP = 100;

/**
 * Checks the arguments of a new job before it starts. Resolves with its rows and the scopes that its document needs, or
 * with the errors. `readJob`: reads its document, or throws a GraphQLError that says why it cannot be run as a job.
 * Throws FORBIDDEN.
 */
export async function checkRows(
  { document: text, rows, rowNumbers, idempotencyKey }: JobRequest,
  caller: Caller,
  maxRows: number,
  readJob: (text: string) => JobDocument,
) {
  const errors: UserError[] = [];
  const refuse = (field: readonly string[], message: string) =>
    errors.push({ code: "INVALID", field, message });
  const keyProblem = idempotencyKeyProblem(idempotencyKey);
  if (keyProblem !== undefined) refuse(["idempotencyKey"], keyProblem);
  let document: JobDocument | undefined;
  try {
    document = readJob(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    refuse(["document"], error.message);
  }
  if (rows.length === 0) refuse(["rows"], "There are no rows. Send at least one.");
  if (rows.length > maxRows)
    refuse(["rows"], `${rows.length} rows are more than the ${maxRows} that a job may have. Start several.`);
  const isAscending = (number: number, index: number) => number > (rowNumbers?.[index - 1] ?? 0);
  if (rowNumbers && !(rowNumbers.length === rows.length && rowNumbers.every(isAscending)))
    refuse(["rowNumbers"], "Give one number per row, rising from 1, or none at all.");
  for (const [index, row] of document && errors.length === 0 ? rows.entries() : []) {
    const fault = document?.faultOf(row);
    if (fault !== undefined) refuse(["rows", `${index}`], fault);
    if (errors.length === MAX_FAULTS) break;
    if (index % STEP === STEP - 1) await setImmediate();
  }
  if (!document || errors.length > 0) return { errors };
  const missing = document.requires.filter((scope) => !caller.scopes.has(scope));
  if (missing.length > 0)
    throw new AlmaError(
      "FORBIDDEN",
      `The document of the job needs scopes that this key does not have: ${missing.join(", ")}.`,
    );
  // Safe: no row has an error.
  return { rows: rows as readonly Variables[], requires: document.requires };
}
