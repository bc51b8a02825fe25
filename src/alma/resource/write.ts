import { type AlmaError, Unanswered } from "../http/errors.ts";
import type { CallOptions } from "../http/reading.ts";
import type { AlmaRequest, AlmaResponse } from "../http/send.ts";
import type { Path } from "../record/codec.ts";
import { isObject, parseId } from "../record/field.ts";
import { isBusinessRule, type Problem } from "../record/problem.ts";
import { fillTemplate, type PathVariants } from "./path-variants.ts";
import type { Upstream } from "./readable.ts";
import { problemsOf, unexplainedRefusal } from "./refusal.ts";
import { isJsonNotFound, isSuccess, responseError } from "./response.ts";

/** What became of a write. None of these is thrown. */
export type Outcome =
  /** Alma did it. `id` if the answer has one; `at` is the clock when the answer was there. */
  | { readonly outcome: "done"; readonly id?: number; readonly endedAt: number }
  /** Alma, or the client before any call (then without a status), will not do it as asked. */
  | { readonly outcome: "refused"; readonly problems: readonly Problem[]; readonly status?: number }
  /** It was certainly not done: it never left, Alma was too busy to look at it, or refused the key. */
  | { readonly outcome: "not-done"; readonly error: AlmaError }
  /** It was sent, and nobody knows what became of it. `sentAt` is the clock when it left. */
  | { readonly outcome: "unacknowledged"; readonly error: AlmaError; readonly sentAt: number };

/** One write: in which forms its path may come, and how a refusal leads back to the caller's input. */
export interface WriteRequest {
  readonly method: "POST" | "PATCH";
  readonly variants: PathVariants;
  /** The record's segment of the path, encoded; left out for a create. */
  readonly encodedRef?: string;
  readonly subject: string;
  readonly body: NonNullable<AlmaRequest["body"]>;
  readonly toInputPath: (bodyPath: Path) => Path;
}

/**
 * Sends a write once. An address that does not exist (404, 405) did nothing, so that the next form of the path may be
 * tried; nothing else is ever repeated.
 */
export async function sendWrite(
  upstream: Upstream,
  writeRequest: WriteRequest,
  options: CallOptions,
): Promise<Outcome> {
  const { method, variants, encodedRef, subject, body, toInputPath } = writeRequest;
  let lastOutcome: Outcome | undefined;
  for (const template of variants.inOrder()) {
    const path = encodedRef === undefined ? template : fillTemplate(template, encodedRef);
    const request: AlmaRequest = { method, path, route: `${method} ${template}`, subject, body, options };
    const response = await sendOnce(upstream, request);
    if ("outcome" in response) return response;
    if (isSuccess(response)) variants.confirm(template);
    const outcome = outcomeOf(upstream, request, response, toInputPath);
    const isPathMissing = response.status === 404 || response.status === 405;
    if (!isPathMissing || variants.isConfirmed(template)) return outcome;
    // Of several addresses that do not work, one where at least Alma itself answered tells most.
    if (lastOutcome === undefined || isJsonNotFound(response)) lastOutcome = outcome;
  }
  return lastOutcome ?? { outcome: "refused", problems: [unexplainedRefusal] };
}

/** The answer to a write, or what became of a write without one. */
export async function sendOnce({ send }: Upstream, request: AlmaRequest): Promise<AlmaResponse | Outcome> {
  try {
    return await send(request);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const { sentAt } = error;
    return sentAt === undefined
      ? { outcome: "not-done", error }
      : { outcome: "unacknowledged", error, sentAt };
  }
}

/** What an answer of any kind says about the write. */
export function outcomeOf(
  upstream: Upstream,
  request: AlmaRequest,
  response: AlmaResponse,
  toInputPath: WriteRequest["toInputPath"],
): Outcome {
  const { status, body, sentAt, endedAt } = response;
  const refusal = (): Outcome => ({
    outcome: "refused",
    problems: problemsOf(body, { toInputPath, secrets: upstream.secrets }),
    status,
  });
  const unacknowledged = (): Outcome => ({
    outcome: "unacknowledged",
    error: responseError(response, request),
    sentAt: sentAt,
  });
  const notDone = (): Outcome => ({ outcome: "not-done", error: responseError(response, request) });

  if (isSuccess(response)) {
    // Whether a write answers the record, true or nothing is not documented; `false` is the opposite of the `true`
    // that is said to mean success (Alma: Apartments, block).
    if ("text" in body)
      return body.text.trim() === "" ? { outcome: "done", endedAt: endedAt } : unacknowledged();
    if (body.json === false) return { outcome: "refused", problems: [unexplainedRefusal], status };
    const id = isObject(body.json) ? parseId(body.json.id) : undefined;
    return { outcome: "done", endedAt: endedAt, ...(id === undefined ? {} : { id }) };
  }
  if (status === 401 || status === 429) return notDone();
  if (status === 403) return upstream.isKeyKnown() || isBusinessRefusal(refusal()) ? refusal() : notDone();
  // A redirect may well be how a web page says "done"; and who timed out does not say what was done until then.
  if (status >= 500 || status < 400 || status === 408) return unacknowledged();
  if (status === 405 || (status === 404 && !isJsonNotFound(response))) return notDone();
  return refusal();
}

function isBusinessRefusal(outcome: Outcome): boolean {
  return outcome.outcome === "refused" && outcome.problems.some(({ code }) => isBusinessRule(code));
}
