import type { IResolvers } from "@graphql-tools/utils";
import type { GraphQLResolveInfo } from "graphql";
import { AlmaError } from "../alma/index.ts";
import { facts, type Kind, type Verb } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { create } from "./create.ts";
import type { AnyEntity } from "./entity.ts";
import { badInput } from "./errors.ts";
import { type StateVerb, showImpact } from "./impact.ts";
import { selects } from "./need.ts";
import { type MutationArgs, once } from "./once.ts";
import { type Named, parseRef, type RefInput } from "./ref.ts";
import { named } from "./root.ts";
import { changeState } from "./state.ts";
import { update } from "./update.ts";
import { readRef } from "./write-ref.ts";
import type { WriteSpec } from "./write-spec.ts";
import { type Result, type Values, Write } from "./writing.ts";

type Mutation = (
  parent: unknown,
  args: MutationArgs,
  context: GraphContext,
  info: GraphQLResolveInfo,
) => Promise<Values>;

const STATE_VERBS: readonly StateVerb[] = ["archive", "unarchive", "block", "unblock"];

/** What can be done to records of a kind. */
function verbsOf(kind: Kind): readonly Verb[] {
  return ["create", "update", ...(kind === "unit" || kind === "room" ? STATE_VERBS : [])];
}

function payloadType(verb: Verb, kind: Kind): string {
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)}${facts[kind].typeName}Payload`;
}

/**
 * All mutations on records: `createUnit`, `updateUnit`, and for what is let `archiveUnit`, `blockUnit` and their
 * opposites.
 */
export function mutationsOf(entities: readonly AnyEntity[]): Readonly<Record<string, Mutation>> {
  return Object.fromEntries(
    entities.flatMap(({ kind, write: spec }) =>
      verbsOf(kind).map((verb) => {
        const doing =
          verb === "create"
            ? creating(kind, spec)
            : verb === "update"
              ? updating(kind, spec)
              : stating(kind, verb);
        return [`${verb}${facts[kind].typeName}`, doing];
      }),
    ),
  );
}

function creating(kind: Kind, spec: WriteSpec): Mutation {
  return async (_parent, args, context, info) => {
    const result = await once(context, info, args, () =>
      create(new Write(context, kind, args.dryRun), spec, args.input ?? {}),
    );
    return payload(kind, result, undefined, context);
  };
}

function updating(kind: Kind, spec: WriteSpec): Mutation {
  return async (_parent, args, context, info) => {
    const result = await once(context, info, args, () => {
      const write = new Write(context, kind, args.dryRun);
      return update(write, spec, refOf(write, args), args.input ?? {});
    });
    return payload(kind, result, args.ref, context);
  };
}

function stating(kind: Kind, verb: StateVerb): Mutation {
  return async (_parent, args, context, info) => {
    const withImpact = selects(info, payloadType(verb, kind), "impact");
    const result = await once(context, info, args, () => {
      const write = new Write(context, kind, args.dryRun);
      return changeState(write, refOf(write, args), { verb, withImpact });
    });
    return payload(kind, result, args.ref, context);
  };
}

function refOf(write: Write, { ref = {} }: MutationArgs): Named<string> | undefined {
  return readRef(write, ref, ["ref"], [facts[write.kind].typeName]);
}

/** A payload before its fields are asked for. */
interface Payload extends Values {
  /** The record, where the payload itself does not hold it: read when it is asked for, since few want it then. */
  readonly unwritten: (info: GraphQLResolveInfo) => unknown;
}

function payload(kind: Kind, result: Result, ref: RefInput | undefined, context: GraphContext): Payload {
  const { id, sent, userErrors, note } = result;
  const record =
    sent && id !== undefined
      ? context.handle(context.catalog.store.entry(kind, id), context.work.named)
      : undefined;
  const unwritten = (info: GraphQLResolveInfo) => {
    if (sent && userErrors.length === 0) throw unnamed(kind);
    const types: [string] = [facts[kind].typeName];
    const parsed = id !== undefined ? { ref: { id }, types } : parseRef(ref ?? {}, types);
    const isAbsent = userErrors.some(({ code, field }) => code === "NOT_FOUND" && field?.[0] === "ref");
    return "fault" in parsed || isAbsent ? null : named(context, parsed, info);
  };
  return { [kind]: record, unwritten, userErrors, impact: impactIn(result), note: note ?? null };
}

/** The impact as it was worked out before the write. Throws BAD_USER_INPUT if only a repetition asks for it. */
function impactIn({ impact, sent }: Result) {
  return async (_args: unknown, context: GraphContext, info: GraphQLResolveInfo) => {
    if (impact) return showImpact(await impact, context, info);
    if (!sent) return null;
    throw badInput(
      "idempotencyKey",
      "the write was done before under this key, without its impact asked for, which nobody can work out afterwards. " +
        "Ask for the impact together with the first request.",
    );
  };
}

/** The resolvers of the records in all payloads. */
export function payloadsOf(entities: readonly AnyEntity[]): IResolvers {
  return Object.fromEntries(
    entities.flatMap(({ kind }) =>
      verbsOf(kind).map((verb) => {
        const record = (payload: Payload, _args: unknown, _context: unknown, info: GraphQLResolveInfo) =>
          payload[kind] ?? payload.unwritten(info);
        return [payloadType(verb, kind), { [kind]: record }];
      }),
    ),
  );
}

function unnamed(kind: Kind): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma has created the ${facts[kind].typeName} but told no id, and does not show it yet. Ask for it in a moment by its externalId.`,
  );
}
