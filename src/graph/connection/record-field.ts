import type { GraphQLResolveInfo } from "graphql";
import {
  type CachedRecord,
  EXISTS,
  type Inverse,
  type Kind,
  kindDefinitions,
  SUMMARY,
} from "../../catalog/index.ts";
import { type ParsedRef, parseRefOrThrow, type RefInput } from "../argument/ref.ts";
import { confirmContracts } from "../letting/current-contract.ts";
import type { ConnectionArgs } from "../member/compiled-arguments.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import { type ComputedField, toOneField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { selectedLevel } from "../resolver/required-level.ts";
import { findByExternalId, kindOf, lookupKindOf, unknownRecord } from "../resolver/resolve-ref.ts";
import { type Connection, resolveConnection } from "./resolve-connection.ts";

/** Creates the fields of a kind's relations. A relation resolves to a record, its inverse to a connection. */
export function relationFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { relations, inverses } = kindDefinitions[kind];
  const fields: Record<string, ComputedField<Kind>> = {};
  for (const [name, relation] of Object.entries(relations)) fields[name] = toOneField(relation);
  for (const [name, inverse] of Object.entries(inverses)) fields[name] = toMany(inverse);
  return fields;
}

/** Creates a connection of the records that refer to this one. */
function toMany({ kind, relation }: Inverse): ComputedField<Kind, ConnectionArgs> {
  return {
    requiredFields: [],
    resolve: (view, args, context, info) => {
      const resolve = () => resolveConnection(context, info, args, kind, { relation, parent: view.id });
      return kind === "tenantContract" ? confirmContracts(context, view, resolve) : resolve();
    },
  };
}

type RootResolver<Args, Result> = (
  parent: unknown,
  args: Args,
  context: GraphContext,
  info: GraphQLResolveInfo,
) => Result;

/** `unit(ref)`: resolves a ref to a record of one of these kinds, or null. Throws BAD_USER_INPUT. */
export function recordField<K extends Kind>(
  ...candidateKinds: readonly [K, ...K[]]
): RootResolver<{ readonly ref: RefInput }, PromiseOrValue<RecordView<K> | null>> {
  const types = candidateKinds.map((kind) => kindDefinitions[kind].typeName);
  return (_parent, { ref }, context, info) =>
    resolveRecord(context, parseRefOrThrow(ref, "ref", types), info) as PromiseOrValue<RecordView<K> | null>;
}

/** `units(...)`: all records that Alma lists. */
export function connectionField<K extends Kind>(
  kind: K,
): RootResolver<ConnectionArgs, PromiseOrValue<Connection<K>>> {
  return (_parent, args, context, info) => resolveConnection(context, info, args, kind);
}

/**
 * Reads the referenced record for the selection. Returns null if Alma has none, which is an error in a report. Rejects
 * with AlmaError or BAD_USER_INPUT.
 */
export function resolveRecord(
  context: GraphContext,
  parsed: ParsedRef,
  info: GraphQLResolveInfo,
): PromiseOrValue<RecordView | null> {
  const { ref, types } = parsed;
  const cutoff = context.operation.namedCutoff;
  const toView = (cached: CachedRecord | undefined) => {
    if (cached && !cached.isGone(cutoff)) return context.viewOf(cached, cutoff);
    if (context.options.rows?.isWhole) throw unknownRecord(parsed, info.fieldName);
    return null;
  };
  if ("externalId" in ref)
    return mapPromiseOrValue(findByExternalId(context, lookupKindOf(types), ref.externalId), (found) => {
      // The lookup found it, so it exists.
      if (found?.isGone(cutoff)) context.operation.noteRecord(found, EXISTS, cutoff);
      else if (found) context.operation.basis.noteRecord(found);
      return toView(found);
    });
  const candidateKinds = types.map(kindOf);
  const level = selectedLevel(context, info, candidateKinds);
  const [kind] = candidateKinds;
  const store = context.catalog.store;
  const cached =
    kind && candidateKinds.length === 1 ? store.getOrCreate(kind, ref.id) : context.findRentalObject(ref.id);
  const knownLevel = level === EXISTS ? SUMMARY : level;
  if (cached && (cached.isGone(cutoff) || cached.asOf(knownLevel) > cutoff)) {
    context.operation.noteRecord(cached, knownLevel, cutoff);
    return toView(cached);
  }
  const record = cached ?? { rentalObject: ref.id };
  return context.load({ record, level, cutoff }).then(toView);
}
