import { InvalidFileError, type WriteOutcome } from "../../alma/index.ts";
import { createErrorBody, statusOfCode } from "../../server/index.ts";

/** A response of `POST /files`. */
export interface UploadResponse {
  readonly status: number;
  readonly body: object;
  /** In seconds. */
  readonly retryAfter?: number;
  /** The outcome for the audit log: `done`, `refused`, `unknown` or `failed`. */
  readonly outcome: string;
  readonly codes: readonly string[];
}

const fileErrors: Readonly<Record<InvalidFileError["reason"], readonly [status: number, code: string]>> = {
  link: [400, "BAD_USER_INPUT"],
  missing: [400, "BAD_USER_INPUT"],
  "too-large": [413, "PAYLOAD_TOO_LARGE"],
  "wrong-type": [415, "UNSUPPORTED_MEDIA_TYPE"],
  "broken-off": [400, "BAD_USER_INPUT"],
};

/** Creates the response for the outcome of an upload. */
export function toUploadResponse(outcome: WriteOutcome): UploadResponse {
  switch (outcome.outcome) {
    case "done":
      return { status: 201, body: { externalFileId: outcome.id }, outcome: "done", codes: [] };
    case "refused": {
      const errors = outcome.problems.map(({ message, code }) => ({ message, extensions: { code } }));
      const codes = outcome.problems.map(({ code }) => code);
      return { status: 422, body: { errors }, outcome: "refused", codes };
    }
    case "unknown":
      return createUploadError(502, "OUTCOME_UNKNOWN", outcome.error.message, "unknown");
    case "not-done": {
      const { error } = outcome;
      if (error instanceof InvalidFileError)
        return createUploadError(...fileErrors[error.reason], error.message);
      const { code, message, retryAfter } = error;
      return { ...createUploadError(statusOfCode(code), code, message, "failed"), retryAfter };
    }
  }
}

/** Creates a response with one error. */
export function createUploadError(
  status: number,
  code: string,
  message: string,
  outcome = "refused",
): UploadResponse {
  return { status, body: createErrorBody(code, message), outcome, codes: [code] };
}

/** The response if Alma accepts only URLs of files, which it fetches itself. */
export const linksOnlyResponse = createUploadError(
  501,
  "NOT_IMPLEMENTED",
  "This Alma accepts no files, only links to files, which it fetches itself. Put the file where it can be fetched from the " +
    "internet without a login, and pass its link to the mutation uploadFile(input: { url, description }).",
);

/** The response if too many other files are being uploaded. */
export const busyResponse: UploadResponse = {
  ...createUploadError(
    503,
    "OVERLOADED",
    "The gateway is busy with other uploads; this one has not begun. Send the file again in 5 s, and fewer at once.",
  ),
  retryAfter: 5,
};
