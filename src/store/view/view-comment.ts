import type { View } from "./create-view.ts";

/** Descriptions that the schema lacks, by view or by column of any view. */
const ownComments: Readonly<Record<string, string>> = {
  letting:
    "A unit or room and a tenant contract by which it is let: on itself, on a room of the unit, or on the room's unit.",
  record_change: "A change of a record that the gateway has seen.",
  is_listed: "Whether Alma's list names it.",
  first_day: "The first day that the contract covers: 1900-01-01 if it has no start, null if it is archived.",
  last_day: "The last day that the contract covers: 9999-12-31 if it has no end, null if it is archived.",
  rental_object_id: "The unit or room.",
  tenant_contract_id: "The tenant contract.",
  usage_id: "Alma's number for the use of the unit or room under the contract.",
  client_type: "The client's role: `owner` or `tenant`.",
  seq: "The number of the commit that has the change.",
  n: "The place of the change within its commit.",
  is_withheld: "Whether the values are left out because they need a scope beyond `read`.",
  not_before: "When the value before was last read.",
  not_after: "When the value after was first read.",
};

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Returns the statements that comment on the view `name` and its columns, with the descriptions of the schema. */
export function commentOn(
  descriptions: ReadonlyMap<string, string>,
  view: View,
  name = view.name,
): readonly string[] {
  const type = camelCase(`_${view.name}`);
  const describe = (column: string) => {
    const field = { id: "almaId", parent_unit_id: "unit" }[column] ?? camelCase(column.replace(/_text$/, ""));
    return descriptions.get(`${type}.${field}`) ?? descriptions.get(`${type}.${field.replace(/Id$/, "")}`);
  };
  const all = [
    [`VIEW ${name}`, descriptions.get(type) ?? ownComments[view.name]],
    ...Object.keys(view.columns).map((column) => [
      `COLUMN ${name}.${column}`,
      describe(column) ?? ownComments[column],
    ]),
  ];
  return all.flatMap(([what, text]) =>
    text ? [`COMMENT ON ${what} IS '${text.replaceAll(/\s+/g, " ").replaceAll("'", "''")}'`] : [],
  );
}
