import type { Kind } from "../../catalog/index.ts";
import { type Inverse, kindDefinitions, type Relation } from "../../catalog/index.ts";
import type { ConnectionArgs } from "../member/compiled-arguments.ts";
import type { ComputedField } from "../resolver/computed-field.ts";
import { selectedLevel } from "../resolver/required-level.ts";
import { resolveConnection } from "./resolve-connection.ts";

/**
 * The fields of a kind's relations, by their declared names. A relation gives a record, an inverse a connection. A
 * relation to several kinds has no field here, since an id does not say the kind: `contract-field.ts` has it.
 */
export function relationFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { relations, inverses } = kindDefinitions[kind];
  const fields: Record<string, ComputedField<Kind>> = {};
  for (const [name, relation] of Object.entries(relations))
    if (relation.to.length === 1) fields[name] = toOne(relation);
  for (const [name, inverse] of Object.entries(inverses)) fields[name] = toMany(inverse);
  return fields;
}

/** A record of another kind, at the cut-off of the record that refers to it. */
function toOne({ field, to: [kind], idIn }: Relation): ComputedField<Kind> {
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

/** The records of a kind that refer to this one. */
function toMany({ kind, relation }: Inverse): ComputedField<Kind, ConnectionArgs> {
  return {
    requiredFields: [],
    resolve: ({ id }, args, context, info) =>
      resolveConnection(context, info, args, kind, { relation, parent: id }),
  };
}
