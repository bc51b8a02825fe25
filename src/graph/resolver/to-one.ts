import type { Kind, Relation } from "../../catalog/index.ts";
import type { ComputedField } from "./computed-field.ts";
import { selectedLevel } from "./required-level.ts";

/** A record of another kind, at the cut-off of the record that refers to it. */
export function toOne({ field, to: [kind], idIn }: Relation): ComputedField<Kind> {
  return {
    requiredFields: [field as never],
    resolve: (view, _args, context, info) => {
      const fieldValue = view.getField(field);
      const id = fieldValue === null ? null : idIn(fieldValue);
      if (id == null) return null;
      const target = context.viewOf(context.catalog.store.getOrCreate(kind, id), view.cutoff);
      if (!target.hasDetail) target.expectLevel(selectedLevel(info, [kind], context.settings.requiredFields));
      return target;
    },
  };
}
