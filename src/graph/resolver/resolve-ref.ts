import {
  type CachedRecord,
  EXISTS,
  type Kind,
  kindDefinitions,
  kinds,
  type LookupResult,
} from "../../catalog/index.ts";
import type { FilterRef } from "../argument/filter.ts";
import { allPromisesOrValues, mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "./context.ts";

/** The kind of records of an object type. */
export function kindOf(typeName: string): Kind {
  const kind = kinds.find((candidate) => kindDefinitions[candidate].typeName === typeName);
  if (!kind) throw new Error(`There is no kind of records for the type "${typeName}".`);
  return kind;
}

/**
 * Finds a record by its Bitrix id, with Alma's lookup: of the given type, or of units and rooms (Alma: Rental object).
 * Undefined if there is none. Rejects with AlmaError.
 */
export async function findByExternalId(
  ...args: Parameters<typeof lookUpExternalId>
): Promise<CachedRecord | undefined> {
  return (await lookUpExternalId(...args)).record;
}

/**
 * The unit with a Bitrix id, whichever room has it too; else what Alma's lookup of a rental object finds: the unit let
 * whole that represents it, or a room. Owner contracts are on units only (Alma: Contracts). Rejects with AlmaError.
 */
export async function lookUpUnitFirst(context: GraphContext, externalId: string): Promise<LookupResult> {
  const unit = await lookUpExternalId(context, externalId, ["Unit"]);
  return unit.record ? unit : lookUpExternalId(context, externalId, ["Unit", "Room"]);
}

function lookUpExternalId(
  context: GraphContext,
  externalId: string,
  types: readonly string[],
): Promise<LookupResult> {
  const { catalog, operation } = context;
  const [type] = types;
  return type !== undefined && types.length === 1
    ? catalog.lookUp(operation, kindOf(type), externalId, operation.namedCutoff)
    : catalog.lookUpRentalObject(operation, externalId, operation.namedCutoff);
}

/**
 * Whether an Alma id is of one of these types. Units and rooms share one range of ids, so that a path that accepts both
 * does not check the type. An id of unknown kind is read from Alma. Rejects with AlmaError.
 */
export function isOfType(
  context: GraphContext,
  types: readonly string[],
  id: number,
): PromiseOrValue<boolean> {
  const { catalog, operation } = context;
  const { store } = catalog;
  const cached = context.findRentalObject(id);
  if (cached) return types.includes(kindDefinitions[cached.kind].typeName);
  const reads = types.map((type) =>
    context.load({
      record: store.getOrCreate(kindOf(type), id),
      level: EXISTS,
      cutoff: operation.namedCutoff,
    }),
  );
  return Promise.all(reads).then((records) => records.some((record) => record !== undefined));
}

/**
 * Resolves the refs of a filter: sets each `resolvedId`, which its predicate compares, to null if the ref names no
 * record. Returns the time of the oldest lookup. Rejects with AlmaError.
 */
export function resolveRefs(context: GraphContext, refs: readonly FilterRef[]): PromiseOrValue<number> {
  let asOf = Number.POSITIVE_INFINITY;
  const resolutions = refs.map((filterRef) =>
    mapPromiseOrValue(resolveId(context, filterRef), ({ id, at }) => {
      filterRef.resolvedId = id;
      asOf = Math.min(asOf, at);
    }),
  );
  return mapPromiseOrValue(allPromisesOrValues(resolutions), () => asOf);
}

function resolveId(
  context: GraphContext,
  { ref, types, unitFirst }: FilterRef,
): PromiseOrValue<{ id: number | null; at: number }> {
  if ("externalId" in ref)
    return (
      unitFirst && types.length > 1
        ? lookUpUnitFirst(context, ref.externalId)
        : lookUpExternalId(context, ref.externalId, types)
    ).then(({ at, record }) => ({ id: record?.id ?? null, at }));
  // The kind of an id never changes: the answer has no age.
  const at = Number.POSITIVE_INFINITY;
  return mapPromiseOrValue(isOfType(context, types, ref.id), (isMatch) => ({
    id: isMatch ? ref.id : null,
    at,
  }));
}
