import { AlmaError } from "../http/errors.ts";
import type { AlmaRequest, AlmaResponse } from "../http/send.ts";

/** Whether a 404 means that there is no such record: a missing path, of Alma or a proxy, answers with HTML instead. */
export function isJsonNotFound(response: AlmaResponse): boolean {
  const { status, body } = response;
  return status === 404 && "json" in body && typeof body.json === "object" && body.json !== null;
}

/** Whether the status is 2xx. */
export function isSuccess({ status }: AlmaResponse): boolean {
  return status >= 200 && status < 300;
}

/** The JSON of a response to a read. Throws AlmaError for anything but a 2xx with JSON. */
export function jsonOf(response: AlmaResponse, request: AlmaRequest): unknown {
  if (isSuccess(response) && "json" in response.body) return response.body.json;
  throw responseError(response, request);
}

/** The error for a response that is neither a success nor a refusal of a write. */
export function responseError(
  { status, retryAfter, body, isKeyAccepted }: AlmaResponse,
  { subject, isAboutRecord = false }: AlmaRequest,
): AlmaError {
  const prefix = `Alma was asked for ${subject}`;
  if (status === 403 && isAboutRecord && isKeyAccepted) {
    return new AlmaError(
      "ALMA_REFUSED_RECORD",
      `${prefix} and refused it (403), though it answers other reads. If the gateway needs this record, the operator ` +
        "has to ask Alma's operator to let the gateway's key read it.",
    );
  }
  if (status === 401 || status === 403) {
    return new AlmaError(
      "ALMA_REFUSED_KEY",
      `${prefix} and refused the gateway's key (${status}). The operator has to check ALMA_API_KEY.`,
    );
  }
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    const seconds = Math.max(1, Math.ceil((retryAfter ?? 1_000) / 1000));
    return new AlmaError(
      "ALMA_THROTTLED",
      `${prefix} and is too busy to answer. Try again in ${seconds} s.`,
      {
        retryAfter: seconds,
      },
    );
  }
  if (status >= 500) {
    return new AlmaError("ALMA_UNAVAILABLE", `${prefix} and failed (${status}). Try again in a moment.`, {
      isAboutRecord: isAboutRecord && status === 500,
    });
  }
  return new AlmaError("ALMA_BAD_ANSWER", `${prefix} and ${describeUnexpected(status, "json" in body)}`, {
    isAboutRecord,
  });
}

/** The error for a response to the read of a record that shows another one, or none. */
export function wrongRecord(subject: string): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma was asked for ${subject} and answered with something else. Try again; if it stays so, tell Alma's operator.`,
    { isAboutRecord: true },
  );
}

function describeUnexpected(status: number, isJson: boolean): string {
  const advice = "The operator has to check that ALMA_URL is the address of Alma's external API.";
  if (status >= 200 && status < 300)
    return isJson ? `answered with something else. ${advice}` : `answered with no JSON. ${advice}`;
  if (status >= 300 && status < 400) {
    return `answered with a redirect (${status}), which is not followed because the key would travel with it. ${advice}`;
  }
  if (status === 404 || status === 405) return `knows no such address (${status}). ${advice}`;
  return `did not accept the request (${status}). ${advice}`;
}
