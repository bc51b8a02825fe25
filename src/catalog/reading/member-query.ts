import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { NEVER, SUMMARY } from "../record/source.ts";
import type { Table } from "../store/table.ts";
import type { FailedReads } from "./completeness.ts";

/** Which records a connection chooses from, and what decides the choice. */
export interface MemberQuery {
  readonly kind: Kind;
  /** Behind a reverse edge: the parents (mostly one), and the relation by which the members refer to them. */
  readonly referringTo?: { readonly relation: string; readonly parents: readonly number[] };
  /** Whether details decide membership or order; always so behind a reverse edge. */
  readonly needsDetails: boolean;
  /** Fields of the list that decide, if `needsDetails` is false. If a list entry lacks one, the detail is read. */
  readonly decidingSummaryFields?: readonly string[];
  /** Fields of details that decide. If one of them could not be decoded, the record is undecidable. */
  readonly decidingDetailFields?: readonly string[];
}

/** The candidates, the highest id first, and what the choice from them rests on. */
export interface Members {
  readonly records: readonly CachedRecord[];
  /** When the oldest reading behind membership, order and absence was made. */
  readonly asOf: number;
  /**
   * Listed records that are undecidable, since a field that decides could not be read. Behind a reverse edge, those
   * that referred to one of the parents when they were last read.
   */
  readonly failedReads: FailedReads;
  /** Behind a reverse edge: undecidable records that may refer to any parent, since they were never read. */
  readonly unplacedReads: FailedReads;
  /** How many entries of the list had no usable id. */
  readonly malformedEntries: number;
}

/** The cut-off of the list. While reads of the list fail, background work does not maintain it. */
export function listCutoff({ indexCutoff, unmaintainedCutoff }: Operation, { listFailure }: Table): number {
  return listFailure ? Math.max(indexCutoff, unmaintainedCutoff) : indexCutoff;
}

/** Notes that an answer rests on the members of a table as they are now. */
export function noteMembers(operation: Operation, table: Table, query: MemberQuery): void {
  const { basis, startedAt, indexCutoff } = operation;
  const { kind } = table;
  const cutoffOf = (isClosed: boolean) => operation.cutoffOf({ kind, isClosed }, indexCutoff);
  basis.noteKind(kind);
  basis.noteEnd(table.listAt, startedAt - listCutoff(operation, table));
  if (query.needsDetails) {
    operation.noteReading(table.liveAsOf(), cutoffOf(false));
    operation.noteReading(table.listedStates.closed.firstAt, cutoffOf(true), true);
    return;
  }
  operation.noteReading(table.listAt, listCutoff(operation, table));
  if (cutoffOf(false) === NEVER) return;
  for (const field of decidingFields(table, query))
    for (const record of table.listed)
      basis.noteEnd(record.asOf(SUMMARY, field), startedAt - cutoffOf(record.isClosed));
}

/** The fields of the list that decide. */
function decidingFields(
  { definition }: Table,
  { decidingSummaryFields = [] }: MemberQuery,
): readonly string[] {
  return decidingSummaryFields.filter((field) => definition.summaryFields.includes(field));
}

/** Listed records of which a field that decides is unknown or stale. */
export function findUndecided(operation: Operation, table: Table, query: MemberQuery): CachedRecord[] {
  const { kind, listedStates } = table;
  const cutoffOf = (isClosed: boolean) => operation.cutoffOf({ kind, isClosed }, operation.indexCutoff);
  const fields = decidingFields(table, query);
  if (fields.length === 0) return [];
  // What a detail shows, no list entry has to show.
  const unread = [...listedStates.notReadSince(cutoffOf(false), cutoffOf(true)), ...listedStates.gone];
  return unread
    .filter((record) => {
      const cutoff = cutoffOf(record.isClosed);
      return fields.some((field) => !(record.asOf(SUMMARY, field) > cutoff)) && !record.isGone(cutoff);
    })
    .sort((one, other) => other.id - one.id);
}
