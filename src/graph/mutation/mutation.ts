import { type GraphQLResolveInfo, getNamedType } from "graphql";
import { declarations, type Verb } from "../../alma/index.ts";
import { type Kind, kindDefinitions, kinds } from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import { parseRef, stripExternalIds } from "../argument/ref.ts";
import { resolveRecord } from "../connection/record-field.ts";
import { collectFieldNames } from "../execution/collect-fields.ts";
import { withoutMalformed } from "../input/input-checks.ts";
import { readRef } from "../input/input-refs.ts";
import { warnOfUnknownChoices } from "../resolver/choices.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { createWrite, type InputFields, type WriteSpec, type WriteSpecs } from "../write/write.ts";
import type { WriteContext } from "../write/write-context.ts";
import { createRecord } from "./create.ts";
import { resolveImpact } from "./impact.ts";
import { type MutationArgs, runIdempotent } from "./run-idempotent.ts";
import { changeState } from "./state-change.ts";
import { updateRecord } from "./update.ts";

type MutationResolver = (
  parent: unknown,
  args: MutationArgs,
  context: WriteContext,
  info: GraphQLResolveInfo,
) => Promise<InputFields>;

/** The mutations of records: one for each write of a kind, such as `createUnit`. */
export const recordMutations = kinds.flatMap((kind) =>
  (Object.keys(declarations[kind].writes) as Verb[]).map((verb) => ({
    name: verb + kindDefinitions[kind].typeName,
    kind,
    verb,
  })),
);

/** Creates the resolvers of all mutations of records. */
export const mutationResolversOf = (specs: WriteSpecs): Readonly<Record<string, MutationResolver>> =>
  Object.fromEntries(
    recordMutations.map(({ name, kind, verb }) => [name, resolverFor(kind, verb, specs[kind].write)]),
  );

function resolverFor(kind: Kind, verb: Verb, spec: WriteSpec): MutationResolver {
  return async (_parent, given, context, info) => {
    const args = stripExternalIds(given) as MutationArgs;
    const { input = {}, expected, expectedImpact } = args;
    const result = await runIdempotent(context, info, args, (earlier) => {
      const write = createWrite(context, kind, spec, args.dryRun);
      warnOfUnknownChoices(context, [kind], input, "input");
      if (verb === "create") return createRecord(write, withoutMalformed(write, input), { earlier });
      const ref = readRef(write, args.ref ?? {}, ["ref"], [kind]);
      if (verb === "update")
        return updateRecord(write, ref, withoutMalformed(write, input), { earlier, expected });
      const withImpact = collectFieldNames(info, getNamedType(info.returnType).name).has("impact");
      return changeState(write, ref, { verb, withImpact, expected, expectedImpact, earlier });
    });
    return toPayload(kind, result, args, context, info);
  };
}

/** Creates the parent of a payload's fields. Its functions are called only if their field is selected. */
function toPayload(
  kind: Kind,
  result: MutationResult,
  { ref, expected }: MutationArgs,
  context: GraphContext,
  { path }: GraphQLResolveInfo,
): InputFields {
  const { id, isWritten, userErrors, note } = result;
  if (isWritten && userErrors.length === 0) context.doneMutations.add(String(path.key));
  const isFound = isWritten || userErrors.some(({ code }) => code === "ALREADY_EXISTS");
  const { typeName } = kindDefinitions[kind];
  const secrets = Object.keys(expected ?? {}).filter(
    (field) => context.settings.requiredScopes.get(`${typeName}.${field}`) === "SECRETS",
  );
  const readRecord = (_args: unknown, _context: unknown, info: GraphQLResolveInfo) => {
    const types = [typeName];
    const parsed = id !== undefined ? { ref: { id }, types } : parseRef(ref ?? {}, types);
    const isNotFound = userErrors.some(({ code, field }) => code === "NOT_FOUND" && field?.[0] === "ref");
    return "message" in parsed || isNotFound ? null : resolveRecord(context, parsed, info);
  };
  return {
    // A record just found is returned even if it cannot be read.
    [kind]:
      isFound && id !== undefined
        ? context.viewOf(context.catalog.store.getOrCreate(kind, id), context.operation.namedCutoff)
        : readRecord,
    userErrors,
    impact: impactResolverOf(result),
    note: note ?? null,
    // The compared secret fields, by record key. Not in the schema: only the audit log reads it.
    comparedSecrets: new Map(secrets.length > 0 && id !== undefined ? [[`${typeName}:${id}`, secrets]] : []),
  };
}

/** Resolves the impact computed before the write. Throws BAD_USER_INPUT if only a repetition selects it. */
function impactResolverOf({ impact, isWritten }: MutationResult) {
  return async (_args: unknown, context: GraphContext, info: GraphQLResolveInfo) => {
    if (impact) return resolveImpact(await impact, context, info);
    if (!isWritten) return null;
    throw badInput(
      "idempotencyKey",
      "the write was done before under this key, without its impact, which cannot be computed afterwards. " +
        "Ask for the impact together with the first request.",
    );
  };
}
