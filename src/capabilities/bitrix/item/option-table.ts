import type { TableDefinition } from "./entry-schema.ts";
import type { JsonValue } from "./json-object.ts";
import { formatValue, type ReadResult } from "./read-result.ts";

/** An option table with its rows by option. */
export interface OptionTable {
  readonly name: string;
  readonly rows: TableDefinition["rows"];
  readonly byOption: ReadonlyMap<string, TableDefinition["rows"][number]>;
}

/** Indexes a table of the mapping. */
export function createOptionTable(name: string, { rows }: TableDefinition): OptionTable {
  return { name, rows, byOption: new Map(rows.map((row) => [row.option, row])) };
}

/** Returns a row's label, else its value, for messages. */
export const optionLabel = ({ label, value }: TableDefinition["rows"][number]): string =>
  label ?? String(value ?? "none");

/** Returns the Alma value of an option; undefined if the table has no row for it. */
export function readOption(raw: JsonValue, table: OptionTable): ReadResult | undefined {
  const row =
    typeof raw === "string" || typeof raw === "number" ? table.byOption.get(String(raw).trim()) : undefined;
  return row === undefined ? undefined : { value: row.value };
}

/** Creates the message for an option without a row: it lists the options with rows, and says where to add one. */
export function unknownOptionMessage(
  raw: JsonValue,
  code: string,
  table: OptionTable,
  mapping: string,
): string {
  const known = table.rows.map((row) => `${row.option} ${optionLabel(row)}`).join(", ");
  const field = JSON.stringify(code);
  return (
    `The option ${formatValue(raw)} of the Bitrix field ${field} is not in the table ${table.name} of the mapping ` +
    `${mapping}. Known options: ${known}. If it is a new one, add a row for it to ${table.name} in the file that ` +
    `BITRIX_MAPPING names (one with "extends": "dubai" needs only that row); it is never guessed.`
  );
}
