import type { ReadRequest } from "../../catalog/index.ts";

/** The same for requests that the same reading meets. */
export function requestKey({ record, level, cutoff }: ReadRequest): string {
  return `${"rentalObject" in record ? record.rentalObject : record.key} ${level} ${cutoff}`;
}
