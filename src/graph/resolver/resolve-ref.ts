import type { GraphQLError } from "graphql";
import {
  type CachedRecord,
  EXISTS,
  type Kind,
  kindDefinitions,
  kinds,
  type LookupKind,
  type LookupResult,
} from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import type { FilterRef } from "../argument/filter.ts";
import type { ParsedRef } from "../argument/ref.ts";
import { allPromisesOrValues, mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "./context.ts";

/** Returns the kind of an object type. */
export function kindOf(typeName: string): Kind {
  const kind = kinds.find((candidate) => kindDefinitions[candidate].typeName === typeName);
  if (!kind) throw new Error(`There is no kind of records for the type "${typeName}".`);
  return kind;
}

/** Returns the kind of records with one of these types: a ref has one type, or those of units and rooms. */
export function lookupKindOf([type, ...others]: readonly string[]): LookupKind {
  return type === undefined || others.length > 0 ? "rentalObject" : kindOf(type);
}

/**
 * Finds a record of a kind by Bitrix id with Alma's lookup (Alma: Rental object), as fresh as the context requires.
 * Undefined if there is none. Rejects with AlmaError.
 */
export const findByExternalId = (
  ...args: Parameters<typeof lookUpExternalId>
): PromiseOrValue<CachedRecord | undefined> =>
  mapPromiseOrValue(lookUpExternalId(...args), ({ record }) => record);

/**
 * Finds the unit with a Bitrix id, even if a room has the same id; else the result of Alma's lookup of a rental object:
 * the unit let as a whole that represents the id, or a room. Owner contracts are on units only (Alma: Contracts).
 * Rejects with AlmaError.
 */
export async function lookUpUnitFirst(context: GraphContext, externalId: string): Promise<LookupResult> {
  const unit = await lookUpExternalId(context, "unit", externalId);
  return unit.record ? unit : lookUpExternalId(context, "rentalObject", externalId);
}

function lookUpExternalId({ catalog, operation }: GraphContext, kind: LookupKind, externalId: string) {
  return catalog.lookUp(operation, kind, externalId, operation.namedCutoff);
}

/**
 * Returns whether an Alma id of a unit or room belongs to one of this kind. Units and rooms share one range of ids, so
 * a path that accepts both does not check the kind. Reads an id of unknown kind from Alma. Rejects with AlmaError.
 */
export function isOfKind(context: GraphContext, kind: LookupKind, id: number): PromiseOrValue<boolean> {
  const cached = context.findRentalObject(id);
  return cached ? cached.kind === kind : exists(context, kind, id, context.operation.namedCutoff);
}

/**
 * Resolves the refs of a filter: sets each `resolvedId`, to null if there is no such record, which is an error in a
 * report. Returns the time of the oldest lookup. Rejects with AlmaError or BAD_USER_INPUT.
 */
export function resolveRefs(context: GraphContext, refs: readonly FilterRef[]): PromiseOrValue<number> {
  let asOf = Infinity;
  const resolutions = refs.map((filterRef) =>
    mapPromiseOrValue(resolveId(context, filterRef), ({ id, at }) => {
      if (id === null && context.options.rows?.isWhole) throw unknownRecord(filterRef, filterRef.argument);
      filterRef.resolvedId = id;
      asOf = Math.min(asOf, at);
    }),
  );
  return mapPromiseOrValue(allPromisesOrValues(resolutions), () => asOf);
}

function resolveId(context: GraphContext, { ref, types, unitFirst, resolvedId }: FilterRef) {
  if ("externalId" in ref)
    return mapPromiseOrValue(
      unitFirst && types.length > 1
        ? lookUpUnitFirst(context, ref.externalId)
        : lookUpExternalId(context, lookupKindOf(types), ref.externalId),
      ({ at, record }) => ({ id: record?.id ?? null, at }),
    );
  const kind = lookupKindOf(types);
  // The kind of an id never changes, so the answer has no age.
  const at = Infinity;
  const isMatch =
    resolvedId === null
      ? isOfKind(context, kind, ref.id)
      : !context.options.rows?.isWhole || exists(context, kind, ref.id, context.operation.connectionCutoff);
  return mapPromiseOrValue(isMatch, (matches) => ({ id: matches ? ref.id : null, at }));
}

/** Returns whether Alma has a record of a kind, according to a reading after `cutoff`. Rejects with AlmaError. */
async function exists(context: GraphContext, kind: LookupKind, id: number, cutoff: number) {
  const record = kind === "rentalObject" ? { rentalObject: id } : context.catalog.store.getOrCreate(kind, id);
  return (await context.load({ record, level: EXISTS, cutoff })) !== undefined;
}

/** Creates the error for a ref of a report without a record. `argument`: its path. */
export function unknownRecord({ ref, types }: ParsedRef, argument: string): GraphQLError {
  const name = "externalId" in ref ? `with the Bitrix id ${JSON.stringify(ref.externalId)}` : ref.id;
  return badInput(argument, `Alma has no ${types.join(" or ")} ${name}. Name another.`);
}
