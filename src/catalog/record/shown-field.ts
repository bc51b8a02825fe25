import type { Source } from "./source.ts";

/** The parts of the one field that is compared by its parts: Alma's record of who uses what under a contract. */
const USAGE = "unitUsage";
const usageParts: Readonly<Record<string, string>> = {
  client: "clientId",
  rentalObject: "unitId",
  isArchived: "isArchived",
  "unitUsage.usageId": "usageId",
  "unitUsage.clientType": "clientType",
};

/** The names by which the fields of an answer are compared. */
export const comparedFields = ({ values }: Source): readonly string[] =>
  USAGE in values ? [...Object.keys(values), ...Object.keys(usageParts)] : Object.keys(values);

/**
 * A field as its record prints it, null if it is empty; a link as the Alma id alone, since the other record's fields
 * are not its own. Undefined if the answer leaves it out, or if it cannot be read.
 */
export function shownText({ values, fieldErrors }: Source, field: string): string | null | undefined {
  if (field === USAGE) return undefined;
  const part = USAGE in values ? usageParts[field] : undefined;
  const name = part === undefined ? field : USAGE;
  const value = values[name];
  if (value === undefined || fieldErrors?.[name] !== undefined) return undefined;
  return textOf(part === undefined ? value : (value as Readonly<Record<string, unknown>> | null)?.[part]);
}

function textOf(value: unknown): string | null {
  if (value == null || value === "" || (Array.isArray(value) && value.length === 0)) return null;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  const { id, value: choice } = value as { readonly id?: unknown; readonly value?: unknown };
  return textOf(id ?? choice);
}
