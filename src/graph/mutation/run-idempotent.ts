import type { GraphQLResolveInfo } from "graphql";
import type { RefInput } from "../argument/ref.ts";
import { fingerprintOf } from "../write/idempotency.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { userError } from "../write/user-error.ts";
import type { InputFields } from "../write/write.ts";
import type { WriteContext } from "../write/write-context.ts";

/** The arguments of all mutations; each mutation has some of them. */
export interface MutationArgs {
  readonly ref?: RefInput;
  readonly input?: InputFields;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null;
}

/**
 * Runs a mutation, or returns its earlier result under the same idempotency key. Then drops the context's record views,
 * so that the payload shows records as they are after the write. Throws AlmaError.
 */
export async function runIdempotent(
  context: WriteContext,
  { fieldName }: GraphQLResolveInfo,
  { dryRun, idempotencyKey, ...args }: MutationArgs,
  task: () => Promise<MutationResult>,
): Promise<MutationResult> {
  const key = idempotencyKey ?? undefined;
  if (key !== undefined && (key === "" || key.length > 200)) {
    return invalidKey(`A key has 1 to 200 characters; this one has ${key.length}.`);
  }
  context.checkDeadline();
  // A dry run writes nothing, so it needs no key.
  const result = key === undefined || dryRun ? task() : runWithKey(context, key, [fieldName, args], task);
  return result.finally(() => context.forget());
}

async function runWithKey(
  { caller, services }: WriteContext,
  key: string,
  request: readonly unknown[],
  task: () => Promise<MutationResult>,
): Promise<MutationResult> {
  const callerKey = JSON.stringify([caller, key]);
  const outcome = await services.idempotency.runOnce(
    callerKey,
    fingerprintOf(request),
    task,
    ({ isWritten }) => isWritten,
  );
  if ("answer" in outcome) return outcome.answer;
  return invalidKey(
    `The key ${JSON.stringify(key)} was used for another write in the last 24 hours. Take a new key for a new write.`,
  );
}

function invalidKey(message: string): MutationResult {
  return { userErrors: [userError("INVALID", ["idempotencyKey"], message)], isWritten: false };
}
