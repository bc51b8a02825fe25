import type { CachedRecord } from "../record/cached-record.ts";
import type { KindDefinition } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { Store } from "../store/store.ts";
import type { Operation } from "./operation.ts";
import type { PlannedRead } from "./read-plan.ts";

/** The times that decide whether a reading is recent enough. */
type Times = { readonly readAt: number; readonly writtenAt: number; readonly cutoff: number };

/** Why lists and details are read. */
export interface Purpose {
  readonly list: string;
  readonly detail: string;
}

/** For records named in a query or reached from one. */
export const RECORD_PURPOSE: Purpose = {
  list: "One list has the requested fields of several records, or distinguishes units from rooms",
  detail: "Its own read has the requested fields",
};

/** For lists that decide membership. */
export const LIST_PURPOSE: Purpose = { list: "It says which records there are", detail: "" };

/** For details that decide membership in a connection, by the relation to its parent or by these fields. */
export function memberPurpose(
  { typeName, summaryFields }: KindDefinition,
  relation: string | undefined,
  decidingFields: readonly string[] = [],
): Purpose {
  const hidden = decidingFields.filter((field) => !summaryFields.includes(field));
  if (relation !== undefined) hidden.unshift(relation);
  const what =
    hidden.length > 0
      ? `${hidden.map((field) => `${typeName}.${field}`).join(", ")}, which no list shows,`
      : "What the list omits of it";
  return { ...LIST_PURPOSE, detail: `${what} decides which records belong here and their order` };
}

/** Returns why known data is not enough: never read, too old, or possibly changed. */
export function readReason(store: Store, operation: Operation, read: PlannedRead): string {
  const { cutoff } = read;
  if ("list" in read) {
    const { listAt, listInvalidatedAt } = store.tables[read.list];
    return stateReason(operation, { readAt: listAt, writtenAt: listInvalidatedAt, cutoff });
  }
  return detailReason(operation, read.detail, cutoff);
}

function detailReason(operation: Operation, cached: CachedRecord, cutoff: number) {
  const { detailAt, goneAt, supersededAt, servesSuperseded, invalidatedAt, detailInvalidatedAt } = cached;
  if (goneAt > detailAt) return "Alma last answered that there is no such record";
  const times = { readAt: detailAt, writtenAt: Math.max(invalidatedAt, detailInvalidatedAt), cutoff };
  const isSuperseded = detailAt !== NEVER && supersededAt >= detailAt && !servesSuperseded;
  return isSuperseded && detailAt > times.writtenAt
    ? "a list or another record has shown a change since it was read"
    : stateReason(operation, times);
}

/** Returns why data read at `readAt` is not enough. */
export function stateReason(operation: Operation, { readAt, writtenAt, cutoff }: Times): string {
  if (readAt === NEVER) return "never read";
  if (readAt <= writtenAt) return "a write has ended since it was read";
  return `read ${tooOld(operation, cutoff)}`;
}

/** Describes the age that a cut-off allows, and the rule behind it. */
function tooOld({ startedAt, namedCutoff, boundsIndexes, rereadsPages }: Operation, cutoff: number) {
  const seconds = Math.round((startedAt - cutoff) / 100) / 10;
  if (startedAt === cutoff) return "before this query, which requests current data (@freshness)";
  if (cutoff !== namedCutoff)
    return `longer ago than the ${seconds} s that the catalog may have (CATALOG_MAX_AGE)`;
  const rule = boundsIndexes || rereadsPages ? "of @freshness" : "that a named record may have (MAX_AGE)";
  return `longer ago than the ${seconds} s ${rule}`;
}
