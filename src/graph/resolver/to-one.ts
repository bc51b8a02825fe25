import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind, Relation } from "../../catalog/index.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import type { RecordView } from "../view/record-view.ts";
import type { ComputedField } from "./computed-field.ts";
import type { GraphContext } from "./context.ts";
import { selectedLevel } from "./required-level.ts";

/** The view of a record to which a field leads, which is known at the level that is selected once it is shown. */
export function followTo(
  context: GraphContext,
  info: GraphQLResolveInfo,
  record: CachedRecord,
  cutoff: number,
): RecordView {
  const view = context.viewOf(record, cutoff);
  if (!view.hasDetail) view.expectLevel(selectedLevel(info, [record.kind], context.settings.requiredFields));
  return view;
}

/**
 * The unit or room of an id, which does not say which of the two it is: an unknown one is read at the level that the
 * selection needs. Null if Alma has neither. Rejects with AlmaError.
 */
export function toRentalObject(
  context: GraphContext,
  info: GraphQLResolveInfo,
  id: number,
  cutoff: number,
): PromiseOrValue<RecordView | null> {
  const cached = context.findRentalObject(id);
  if (cached) return followTo(context, info, cached, cutoff);
  const record = { rentalObject: id };
  const level = selectedLevel(info, ["unit", "room"], context.settings.requiredFields);
  const loading = context.load({ record, level, cutoff });
  return loading.then((loaded) => (loaded ? context.viewOf(loaded, cutoff) : null));
}

/** A record of another kind, at the cut-off of the record that refers to it. */
export function toOne({ field, to: [kind, ...others], idIn }: Relation): ComputedField<Kind> {
  return {
    requiredFields: [field as never],
    resolve: (view, _args, context, info) => {
      const fieldValue = view.getField(field);
      const id = fieldValue === null ? null : idIn(fieldValue);
      if (id == null) return null;
      if (others.length > 0) return toRentalObject(context, info, id, view.cutoff);
      return followTo(context, info, context.catalog.store.getOrCreate(kind, id), view.cutoff);
    },
  };
}
