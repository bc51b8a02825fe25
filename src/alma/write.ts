import { failure, isJsonNotFound, isSuccess } from "./answer.ts";
import type { Path } from "./codec.ts";
import { type AlmaError, Unanswered } from "./errors.ts";
import { isObject, usableId } from "./field.ts";
import { type Forms, fill } from "./form.ts";
import { isBusiness, type Problem } from "./problem.ts";
import type { Upstream } from "./readable.ts";
import type { CallOptions } from "./reading.ts";
import { problemsOf, rejected } from "./refusal.ts";
import type { Request, Response } from "./send.ts";

/** What became of a write. None of these is thrown. */
export type Outcome =
  /** Alma did it. `id` if the answer has one; `at` is the clock when the answer was there. */
  | { readonly outcome: "done"; readonly id?: number; readonly at: number }
  /** Alma, or the client before any call (then without a status), will not do it as asked. */
  | { readonly outcome: "refused"; readonly problems: readonly Problem[]; readonly status?: number }
  /** It was certainly not done: it never left, Alma was too busy to look at it, or refused the key. */
  | { readonly outcome: "not-done"; readonly error: AlmaError }
  /** It was sent, and nobody knows what became of it. `sentAt` is the clock when it left. */
  | { readonly outcome: "lost"; readonly error: AlmaError; readonly sentAt: number };

/** One write: in which forms its path may come, and how a refusal leads back to the caller's input. */
export interface Write {
  readonly method: "POST" | "PATCH";
  readonly forms: Forms;
  /** The record's segment of the path, encoded; left out for a create. */
  readonly place?: string;
  readonly what: string;
  readonly body: NonNullable<Request["body"]>;
  readonly trace: (place: Path) => Path;
}

/**
 * Sends a write once. An address that does not exist (404, 405) did nothing, so that the next form of the path may be
 * tried; nothing else is ever repeated.
 */
export async function write(upstream: Upstream, write: Write, options: CallOptions): Promise<Outcome> {
  const { method, forms, place, what, body, trace } = write;
  let last: Outcome | undefined;
  for (const template of forms.inOrder()) {
    const path = place === undefined ? template : fill(template, place);
    const request: Request = { method, path, route: `${method} ${template}`, what, body, options };
    const response = await sendOnce(upstream, request);
    if ("outcome" in response) return response;
    if (isSuccess(response)) forms.prove(template);
    const outcome = outcomeOf(upstream, request, response, trace);
    const absent = response.status === 404 || response.status === 405;
    if (!absent || forms.isProven(template)) return outcome;
    // Of several addresses that do not work, one where at least Alma itself answered tells most.
    if (last === undefined || isJsonNotFound(response)) last = outcome;
  }
  return last ?? { outcome: "refused", problems: [rejected] };
}

/** The answer to a write, or what became of a write without one. */
export async function sendOnce({ send }: Upstream, request: Request): Promise<Response | Outcome> {
  try {
    return await send(request);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const { sentAt } = error;
    return sentAt === undefined ? { outcome: "not-done", error } : { outcome: "lost", error, sentAt };
  }
}

/** What an answer of any kind says about the write. */
export function outcomeOf(
  upstream: Upstream,
  request: Request,
  response: Response,
  trace: Write["trace"],
): Outcome {
  const { status, body, at, endedAt } = response;
  const refusal = (): Outcome => ({
    outcome: "refused",
    problems: problemsOf(body, { trace, secrets: upstream.secrets }),
    status,
  });
  const lost = (): Outcome => ({ outcome: "lost", error: failure(response, request), sentAt: at });
  const notDone = (): Outcome => ({ outcome: "not-done", error: failure(response, request) });

  if (isSuccess(response)) {
    // Whether a write answers the record, true or nothing is not documented; `false` is the opposite of the `true`
    // that is said to mean success (Alma: Apartments, block).
    if ("text" in body) return body.text.trim() === "" ? { outcome: "done", at: endedAt } : lost();
    if (body.json === false) return { outcome: "refused", problems: [rejected], status };
    const id = isObject(body.json) ? usableId(body.json.id) : undefined;
    return { outcome: "done", at: endedAt, ...(id === undefined ? {} : { id }) };
  }
  if (status === 401 || status === 429) return notDone();
  if (status === 403) return upstream.isKeyKnown() || isReason(refusal()) ? refusal() : notDone();
  // A redirect may well be how a web page says "done"; and who timed out does not say what was done until then.
  if (status >= 500 || status < 400 || status === 408) return lost();
  if (status === 405 || (status === 404 && !isJsonNotFound(response))) return notDone();
  return refusal();
}

function isReason(outcome: Outcome): boolean {
  return outcome.outcome === "refused" && outcome.problems.some(({ code }) => isBusiness(code));
}
