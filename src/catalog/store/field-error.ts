import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "./cached-record.ts";

/** ALMA_BAD_ANSWER for the first of these fields that Alma answered unreadably; undefined if all are readable. */
export function findFieldError(
  { key, fieldErrors }: Pick<CachedRecord, "key" | "fieldErrors">,
  fields: readonly string[],
): AlmaError | undefined {
  const field = fieldErrors && fields.find((name) => fieldErrors[name] !== undefined);
  if (!field) return undefined;
  return new AlmaError("ALMA_BAD_ANSWER", `${key}.${field}: ${fieldErrors[field]} Tell Alma's operator.`);
}
