import type { GraphQLResolveInfo } from "graphql";
import type { GraphContext } from "./context.ts";
import { fingerprintOf } from "./idempotency.ts";
import type { RefInput } from "./ref.ts";
import { userError } from "./user-error.ts";
import type { Result, Values } from "./writing.ts";

/** The arguments of a mutation, as far as it has them. */
export interface MutationArgs {
  readonly ref?: RefInput;
  readonly input?: Values;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null;
}

/**
 * Does a write, or gives the answer that it had under the same idempotency key. Afterwards the answer forgets the
 * versions of records that it began with.
 */
export async function once(
  context: GraphContext,
  { fieldName }: GraphQLResolveInfo,
  { dryRun, idempotencyKey, ...args }: MutationArgs,
  work: () => Promise<Result>,
): Promise<Result> {
  const key = idempotencyKey ?? undefined;
  if (key !== undefined && (key === "" || key.length > 200)) {
    return badKey(`A key has 1 to 200 characters; this one has ${key.length}.`);
  }
  context.checkTime();
  // A dry run changes nothing, so that there is nothing to be done only once.
  const result = key === undefined || dryRun ? work() : keyed(context, key, [fieldName, args], work);
  return result.finally(() => context.forget());
}

async function keyed(
  { caller, settings }: GraphContext,
  key: string,
  asked: readonly unknown[],
  work: () => Promise<Result>,
): Promise<Result> {
  const own = JSON.stringify([caller, key]);
  const kept = await settings.writing.keys.once(own, fingerprintOf(asked), work, ({ sent }) => sent);
  if ("answer" in kept) return kept.answer;
  return badKey(
    `The key ${JSON.stringify(key)} was used for another write in the last 24 hours. Take a new key for a new write.`,
  );
}

function badKey(message: string): Result {
  return { userErrors: [userError("INVALID", ["idempotencyKey"], message)], sent: false };
}
