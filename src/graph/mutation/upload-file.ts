import type { GraphQLResolveInfo } from "graphql";
import { BadFile, type CallOptions, type FileErrorReason, type Outcome } from "../../alma/index.ts";
import type { MutationUploadFileArgs } from "../generated.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { toUserError, type UserError, type UserErrorCode, userError } from "../write/user-error.ts";
import type { WriteContext } from "../write/write-context.ts";
import { runIdempotent } from "./run-idempotent.ts";

/** The payload of `uploadFile`. */
interface UploadFilePayload {
  readonly externalFileId: number | null;
  readonly userErrors: readonly UserError[];
}

/**
 * Gives Alma a file by its link, or fetches the file and sends it, as Alma takes it. The id answered is the one that
 * photos and scans take. Nothing refers to an upload yet, so that one whose answer was lost is not looked for.
 */
export async function uploadFile(
  _parent: unknown,
  args: MutationUploadFileArgs,
  context: WriteContext,
  info: GraphQLResolveInfo,
): Promise<UploadFilePayload> {
  const { id, userErrors } = await runIdempotent(context, info, args, () => uploadFromUrl(context, args));
  return { externalFileId: id ?? null, userErrors };
}

const URL_PATH = ["input", "url"];

/** Hands a file to Alma by its link; the result's id is that of the file. Throws AlmaError if it cannot be asked. */
export async function uploadFromUrl(
  context: WriteContext,
  { input, dryRun }: Pick<MutationUploadFileArgs, "input" | "dryRun">,
): Promise<MutationResult> {
  const { uploads } = context.services.alma;
  const { requestId, operation } = context.detach({});
  const callOptions: CallOptions = { priority: "caller", requestId, onSent: operation.sent };
  if (dryRun) {
    const invalidFile = await uploads.checkLink(input.url, callOptions);
    return { userErrors: invalidFile ? [fileError(invalidFile)] : [], isWritten: false };
  }
  return toResult(
    await uploads.sendLink({ url: input.url, description: input.description ?? "" }, callOptions),
  );
}

function toResult(outcome: Outcome): MutationResult {
  switch (outcome.outcome) {
    case "done":
      return { userErrors: [], isWritten: true, ...(outcome.id !== undefined && { id: outcome.id }) };
    case "refused":
      return {
        userErrors: outcome.problems.map((problem) => toUserError(problem, (path) => ["input", ...path])),
        isWritten: false,
      };
    // Not counted as sent, so that the same idempotency key may be used to try again.
    case "unacknowledged":
      return { userErrors: [userError("OUTCOME_UNKNOWN", [], outcome.error.message)], isWritten: false };
    case "not-done":
      if (!(outcome.error instanceof BadFile)) throw outcome.error;
      return { userErrors: [fileError(outcome.error)], isWritten: false };
  }
}

const errorCodes: Readonly<Record<FileErrorReason, UserErrorCode>> = {
  link: "INVALID",
  missing: "NOT_FOUND",
  "too-large": "INVALID",
  "wrong-type": "INVALID",
  "broken-off": "INVALID",
};

function fileError({ reason: fault, message }: BadFile): UserError {
  return userError(errorCodes[fault], URL_PATH, message);
}
