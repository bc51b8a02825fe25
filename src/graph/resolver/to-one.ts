import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind, Relation } from "../../catalog/index.ts";
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

/** A record of another kind, at the cut-off of the record that refers to it. */
export function toOne({ field, to: [kind], idIn }: Relation): ComputedField<Kind> {
  return {
    requiredFields: [field as never],
    resolve: (view, _args, context, info) => {
      const fieldValue = view.getField(field);
      const id = fieldValue === null ? null : idIn(fieldValue);
      if (id == null) return null;
      return followTo(context, info, context.catalog.store.getOrCreate(kind, id), view.cutoff);
    },
  };
}
