import type { JsonValue } from "./mapped.ts";
import type { TableEntry } from "./mapping-entry.ts";
import { type Reading, shown } from "./reading.ts";

/** One option table, to be asked. */
export interface OptionTable {
  readonly name: string;
  readonly rows: TableEntry["rows"];
  readonly byOption: ReadonlyMap<string, TableEntry["rows"][number]>;
}

/** A table of the mapping. */
export function optionTable(name: string, { rows }: TableEntry): OptionTable {
  return { name, rows, byOption: new Map(rows.map((row) => [row.option, row])) };
}

/** A row's name for people. */
export const labelOf = ({ label, value }: TableEntry["rows"][number]): string =>
  label ?? String(value ?? "none");

/** The value of an option; undefined if the table does not know it. */
export function readOption(raw: JsonValue, table: OptionTable): Reading | undefined {
  const row =
    typeof raw === "string" || typeof raw === "number" ? table.byOption.get(String(raw).trim()) : undefined;
  return row === undefined ? undefined : { value: row.value };
}

/** That an option is not in its table, what is, and where to add it. */
export function unknownOption(raw: JsonValue, code: string, table: OptionTable, mapping: string): string {
  const known = table.rows.map((row) => `${row.option} ${labelOf(row)}`).join(", ");
  const field = JSON.stringify(code);
  return (
    `The option ${shown(raw)} of the Bitrix field ${field} is not in the table ${table.name} of the mapping ` +
    `${mapping}. Known are: ${known}. If it is a new one, add a row for it to ${table.name} in the file that ` +
    `BITRIX_MAPPING names (one with "extends": "dubai" needs only that row); it is never guessed.`
  );
}
