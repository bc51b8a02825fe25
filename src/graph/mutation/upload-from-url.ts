import { type CallOptions, InvalidFileError, type WriteOutcome } from "../../alma/index.ts";
import { doneResult, type MutationResult } from "../write/mutation-result.ts";
import { inputPath, toUserError, userError } from "../write/user-error.ts";
import type { WriteContext } from "../write/write-context.ts";

/**
 * Sends Alma the URL of a file or the file itself, whichever Alma accepts. Returns the file's id. An upload of
 * unknown outcome cannot be polled, since no record refers to the file yet. Throws AlmaError if Alma cannot be reached.
 */
export async function uploadFromUrl(
  context: WriteContext,
  input: { readonly url: string; readonly description?: string | null },
  dryRun: boolean,
): Promise<MutationResult> {
  const { uploads } = context.services.alma;
  const { requestId, operation } = context.detach({});
  const callOptions: CallOptions = { priority: "caller", requestId, onSent: operation.onSent };
  if (dryRun) {
    const invalidFile = await uploads.checkLink(input.url);
    return { userErrors: invalidFile ? [fileError(invalidFile)] : [], isWritten: false };
  }
  return toResult(
    await uploads.sendLink({ url: input.url, description: input.description ?? "" }, callOptions),
  );
}

function toResult(outcome: WriteOutcome): MutationResult {
  switch (outcome.outcome) {
    case "done":
      return doneResult(outcome.id);
    case "refused":
      return {
        userErrors: outcome.problems.map((problem) => toUserError(problem, inputPath)),
        isWritten: false,
      };
    // Uploading again does no harm.
    case "unknown":
      return { userErrors: [userError("OUTCOME_UNKNOWN", [], outcome.error.message)], isWritten: false };
    case "not-done":
      if (!(outcome.error instanceof InvalidFileError)) throw outcome.error;
      return { userErrors: [fileError(outcome.error)], isWritten: false };
  }
}

function fileError({ reason, message }: InvalidFileError) {
  return userError(reason === "missing" ? "NOT_FOUND" : "INVALID", ["input", "url"], message);
}
