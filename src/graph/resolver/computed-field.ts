import type { GraphQLResolveInfo } from "graphql";
import { type AnyDeclaration, declarations } from "../../alma/index.ts";
import type { Kind, KnownFields, Relation } from "../../catalog/index.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "./context.ts";
import type { RecordView } from "./record-view.ts";
import { selectedLevel } from "./required-level.ts";

/**
 * Returns the view of the record that a field refers to: of one kind, or of units and rooms. Once shown, the record is
 * known at the selected level. If it is unknown whether the id belongs to a unit or a room, reads it; null if Alma has
 * neither. Rejects with AlmaError.
 */
export function followTo(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kinds: readonly [Kind, ...Kind[]],
  id: number,
  cutoff: number,
): PromiseOrValue<RecordView | null> {
  const cached =
    kinds.length > 1 ? context.findRentalObject(id) : context.catalog.store.getOrCreate(kinds[0], id);
  if (cached) {
    const view = context.viewOf(cached, cutoff);
    if (!view.hasDetail) view.expectLevel(selectedLevel(context, info, [cached.kind]));
    return view;
  }
  const level = selectedLevel(context, info, kinds);
  const loading = context.load({ record: { rentalObject: id }, level, cutoff });
  return loading.then((loaded) => (loaded ? context.viewOf(loaded, cutoff) : null));
}

/** Resolves to a record of another kind, as fresh as the referring record. */
export function toOneField({ field, to, idIn }: Relation): ComputedField<Kind> {
  return {
    requiredFields: [field as never],
    resolve: (view, _args, context, info) => {
      const fieldValue = view.getField(field);
      const id = fieldValue === null ? null : idIn(fieldValue);
      return id == null ? null : followTo(context, info, to, id, view.cutoff);
    },
  };
}

/** Converts a file shown by Alma to a working URL. Values that are neither path nor URL, such as ids, are unchanged. */
export function linkTo({ request, operation }: GraphContext, shown: string | null): string | null {
  const { files } = request;
  if (!files || !shown?.includes("/")) return shown;
  // An answer with URLs that expire must not be reused.
  if (!files.isLasting) operation.basis.refuse();
  return files.linkTo(shown);
}

/** The fields of a kind that are scans, shown by Alma as paths. */
export function scanFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { fields }: AnyDeclaration = declarations[kind];
  const names = Object.keys(fields).filter((name) => fields[name]?.accepts === "file");
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        requiredFields: [name as never],
        resolve: (view, _args, context) => linkTo(context, view.getField(name) as string | null),
      },
    ]),
  );
}

/** A field of a kind's type that is a relation or computed from several values. */
export interface ComputedField<K extends Kind, Args = never> {
  /** The record fields that must be known before `resolve` is called. */
  readonly requiredFields: readonly (keyof KnownFields<K> & string)[];
  readonly resolve: (
    view: RecordView<K>,
    args: Args,
    context: GraphContext,
    info: GraphQLResolveInfo,
  ) => unknown;
}
