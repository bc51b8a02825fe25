import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "./cached-record.ts";

/** Why one of these fields of a record cannot be relied on: Alma answered it unreadably. Undefined: they all can. */
export function findFieldError(
  { key, fieldErrors }: Pick<CachedRecord, "key" | "fieldErrors">,
  fields: readonly string[],
): AlmaError | undefined {
  const field = fieldErrors && fields.find((name) => fieldErrors[name] !== undefined);
  if (!field) return undefined;
  return new AlmaError("ALMA_BAD_ANSWER", `${key}.${field}: ${fieldErrors[field]} Tell Alma's operator.`);
}
