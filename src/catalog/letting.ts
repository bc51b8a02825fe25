import type { Entry } from "./entry.ts";
import type { Known } from "./kind.ts";

/** Whether a record is an apartment let whole, so that Alma finds it by its additional Bitrix id (Alma: Apartments). */
export function isLetWhole({ kind, value }: Entry): boolean {
  return kind === "unit" && (value as Known<"unit">).isUsedAdditionalExternalId === true;
}

/** Whether a record is an apartment that is let whole in place of a Bitrix unit (Alma: Apartments, Rental object). */
export function standsFor(record: Entry, bitrixUnit: string): boolean {
  return isLetWhole(record) && (record.value as Known<"unit">).additionalExternalId === bitrixUnit;
}
