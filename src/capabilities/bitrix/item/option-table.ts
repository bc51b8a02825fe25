import type { TableDefinition } from "./entry-schema.ts";
import type { JsonValue } from "./json-object.ts";
import { formatValue } from "./read-result.ts";

type Row = TableDefinition["rows"][number];

/** Returns a row's label, else its value, for messages. */
export const optionLabel = ({ label, value }: Row): string => label ?? String(value ?? "none");

/** Returns the row of an option, if there is one. No table has two: the schema refuses it. */
export function findOption(raw: JsonValue, rows: readonly Row[]): Row | undefined {
  if (typeof raw !== "string" && typeof raw !== "number") return undefined;
  const text = String(raw).trim();
  return rows.find(({ option }) => option === text);
}

/** Creates the message for an option without a row: it lists the options with rows, and says where to add one. */
export function unknownOptionMessage(
  raw: JsonValue,
  code: string,
  table: string,
  rows: readonly Row[],
  mapping: string,
): string {
  const known = rows.map((row) => `${row.option} ${optionLabel(row)}`).join(", ");
  const field = JSON.stringify(code);
  return (
    `The option ${formatValue(raw)} of the Bitrix field ${field} is not in the table ${table} of the mapping ` +
    `${mapping}. Known options: ${known}. If it is a new one, add a row for it to ${table} in the file that ` +
    `BITRIX_MAPPING names (one with "extends": "dubai" needs only that row); it is never guessed.`
  );
}
