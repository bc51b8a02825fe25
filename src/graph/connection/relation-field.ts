import type { Kind } from "../../catalog/index.ts";
import { type Inverse, kindDefinitions } from "../../catalog/index.ts";
import { confirmContracts } from "../contract/contracts-on.ts";
import type { ConnectionArgs } from "../member/compiled-arguments.ts";
import type { ComputedField } from "../resolver/computed-field.ts";
import { toOne } from "../resolver/to-one.ts";
import { resolveConnection } from "./resolve-connection.ts";

/**
 * The fields of a kind's relations, by their declared names. A relation gives a record, an inverse a connection.
 */
export function relationFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { relations, inverses } = kindDefinitions[kind];
  const fields: Record<string, ComputedField<Kind>> = {};
  for (const [name, relation] of Object.entries(relations)) fields[name] = toOne(relation);
  for (const [name, inverse] of Object.entries(inverses)) fields[name] = toMany(inverse);
  return fields;
}

/** The records of a kind that refer to this one. */
function toMany({ kind, relation }: Inverse): ComputedField<Kind, ConnectionArgs> {
  return {
    requiredFields: [],
    resolve: (view, args, context, info) => {
      const resolve = () => resolveConnection(context, info, args, kind, { relation, parent: view.id });
      return kind === "tenantContract" ? confirmContracts(context, view, resolve) : resolve();
    },
  };
}
