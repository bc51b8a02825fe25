import { AlmaError } from "../alma/index.ts";
import type { Entry } from "./entry.ts";

/** Why one of these fields of a record cannot be relied on: Alma answered it unreadably. Undefined: they all can. */
export function faultIn(
  { key, faults }: Pick<Entry, "key" | "faults">,
  fields: readonly string[],
): AlmaError | undefined {
  const field = faults && fields.find((name) => faults[name] !== undefined);
  if (!field) return undefined;
  return new AlmaError("ALMA_BAD_ANSWER", `${key}.${field}: ${faults[field]} Tell Alma's operator.`);
}
