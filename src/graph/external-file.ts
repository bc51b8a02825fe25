import type { GraphQLResolveInfo } from "graphql";
import { BadFile, type CallOptions, type FileFault, type Outcome } from "../alma/index.ts";
import type { GraphContext } from "./context.ts";
import type { MutationUploadFileArgs } from "./generated.ts";
import { once } from "./once.ts";
import { refusalOf, type UserError, type UserErrorCode, userError } from "./user-error.ts";
import type { Result } from "./writing.ts";

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
  context: GraphContext,
  info: GraphQLResolveInfo,
): Promise<UploadFilePayload> {
  const { id, userErrors } = await once(context, info, args, () => handOver(context, args));
  return { externalFileId: id ?? null, userErrors };
}

const LINK = ["input", "url"];

/** Hands a file to Alma by its link; the result's id is that of the file. Throws AlmaError if it cannot be asked. */
export async function handOver(
  context: GraphContext,
  { input, dryRun }: Pick<MutationUploadFileArgs, "input" | "dryRun">,
): Promise<Result> {
  const { uploads } = context.settings.writing.alma;
  const { requestId, work } = context.aside({});
  const options: CallOptions = { priority: "caller", requestId, sent: work.sent };
  if (dryRun) {
    const fault = await uploads.check(input.url, options);
    return { userErrors: fault ? [badFile(fault)] : [], sent: false };
  }
  return resultOf(await uploads.link({ url: input.url, description: input.description ?? "" }, options));
}

function resultOf(outcome: Outcome): Result {
  switch (outcome.outcome) {
    case "done":
      return { userErrors: [], sent: true, ...(outcome.id !== undefined && { id: outcome.id }) };
    case "refused":
      return {
        userErrors: outcome.problems.map((one) => refusalOf(one, (path) => ["input", ...path])),
        sent: false,
      };
    // Not counted as sent, so that the same idempotency key may be used to try again.
    case "lost":
      return { userErrors: [userError("OUTCOME_UNKNOWN", [], outcome.error.message)], sent: false };
    case "not-done":
      if (!(outcome.error instanceof BadFile)) throw outcome.error;
      return { userErrors: [badFile(outcome.error)], sent: false };
  }
}

const codes: Readonly<Record<FileFault, UserErrorCode>> = {
  link: "INVALID",
  missing: "NOT_FOUND",
  "too-large": "INVALID",
  "wrong-type": "INVALID",
  "broken-off": "INVALID",
};

function badFile({ fault, message }: BadFile): UserError {
  return userError(codes[fault], LINK, message);
}
