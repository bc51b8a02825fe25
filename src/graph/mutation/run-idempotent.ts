import type { GraphQLResolveInfo } from "graphql";
import type { RefInput } from "../argument/ref.ts";
import type { ExpectedImpact } from "../generated.ts";
import { fingerprintOf, type Task } from "../write/idempotency.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { userError } from "../write/user-error.ts";
import type { InputFields } from "../write/write.ts";
import { ROW_KEY_LIFETIME, SentBeforeError, type WriteContext } from "../write/write-context.ts";

/** The arguments of all mutations. Each mutation has only some of them. */
export interface MutationArgs {
  readonly ref?: RefInput;
  readonly input?: InputFields;
  readonly expected?: InputFields | null;
  readonly expectedImpact?: ExpectedImpact | null;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null;
}

/** Returns why a text cannot be an idempotency key, as a sentence; undefined if it can, or there is none. */
export const idempotencyKeyProblem = (key: string | null | undefined): string | undefined =>
  key === "" || (key && key.length > 200)
    ? `A key has 1 to 200 characters; this one has ${key.length}.`
    : undefined;

/**
 * Runs a mutation, or returns its earlier result with the same idempotency key. If its outcome is unknown, the mutation
 * runs again and first checks whether it was performed. Then discards the record views, so that the payload
 * shows the records after the write. Throws AlmaError.
 */
export async function runIdempotent(
  context: WriteContext,
  { fieldName }: GraphQLResolveInfo,
  { dryRun, idempotencyKey, ...args }: MutationArgs,
  task: Task,
): Promise<MutationResult> {
  const key = idempotencyKey ?? undefined;
  const problem = idempotencyKeyProblem(key);
  if (problem !== undefined) return invalidKey(problem);
  context.checkDeadline();
  context.mutation = fieldName;
  // A dry run writes nothing and needs no key.
  const result = key === undefined || dryRun ? task() : runWithKey(context, key, args, task);
  return result.finally(() => context.forget());
}

async function runWithKey(
  context: WriteContext,
  key: string,
  args: unknown,
  task: Task,
): Promise<MutationResult> {
  const { services, request, mutation } = context;
  const keptFor = request.isBulk ? ROW_KEY_LIFETIME : undefined;
  const callerKey = JSON.stringify([request.caller?.id ?? "", key]);
  const fingerprint = fingerprintOf([mutation, args]);
  const answer = await services.runOnce(
    callerKey,
    fingerprint,
    async (earlier) => {
      context.idempotency = { key: callerKey, fingerprint, keptFor };
      context.mayHaveSent = earlier !== undefined;
      const result = await task(earlier)
        .catch((error) => {
          if (error instanceof SentBeforeError && earlier) return earlier;
          throw error;
        })
        .finally(() => {
          context.idempotency = undefined;
        });
      return { sent: earlier?.sent, ...result };
    },
    { mutation, keptFor },
  );
  if (answer !== "mismatch") return answer;
  return invalidKey(
    `The key ${JSON.stringify(key)} was used for another write before. Use a new key for a new write.`,
  );
}

function invalidKey(message: string): MutationResult {
  return { userErrors: [userError("INVALID", ["idempotencyKey"], message)], isWritten: false };
}
