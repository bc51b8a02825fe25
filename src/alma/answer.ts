import { AlmaError } from "./errors.ts";
import type { Request, Response } from "./send.ts";

/** Whether Alma's framework, rather than its router or a proxy, says that there is no such record. */
export function isJsonNotFound(response: Response): boolean {
  const { status, body } = response;
  return status === 404 && "json" in body && typeof body.json === "object" && body.json !== null;
}

export function isSuccess({ status }: Response): boolean {
  return status >= 200 && status < 300;
}

/** The JSON of a read's answer. Throws AlmaError for every answer but a 2xx with JSON. */
export function jsonOf(response: Response, request: Request): unknown {
  if (isSuccess(response) && "json" in response.body) return response.body.json;
  throw failure(response, request);
}

/** Why an answer to a read, or to a write that says nothing about the write itself, is of no use. */
export function failure({ status, retryAfter, body }: Response, { what }: Request): AlmaError {
  const asked = `Alma was asked for ${what}`;
  if (status === 401 || status === 403) {
    return new AlmaError(
      "ALMA_REFUSED_KEY",
      `${asked} and refused the gateway's key (${status}). The operator has to check ALMA_API_KEY.`,
    );
  }
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    const seconds = Math.max(1, Math.ceil((retryAfter ?? 1_000) / 1000));
    return new AlmaError("ALMA_THROTTLED", `${asked} and is too busy to answer. Try again in ${seconds} s.`, {
      retryAfter: seconds,
    });
  }
  if (status >= 500) {
    return new AlmaError("ALMA_UNAVAILABLE", `${asked} and failed (${status}). Try again in a moment.`);
  }
  return new AlmaError("ALMA_BAD_ANSWER", `${asked} and ${oddity(status, "json" in body)}`);
}

function oddity(status: number, json: boolean): string {
  const check = "The operator has to check that ALMA_URL is the address of Alma's external API.";
  if (status >= 200 && status < 300)
    return json ? `answered with what is no such thing. ${check}` : `answered with no JSON. ${check}`;
  if (status >= 300 && status < 400) {
    return `answered with a redirect (${status}), which is not followed because the key would travel with it. ${check}`;
  }
  if (status === 404 || status === 405) return `knows no such address (${status}). ${check}`;
  return `did not accept the request (${status}). ${check}`;
}
