import type { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL, findFieldError, NEVER } from "../record/source.ts";
import type { Table } from "../store/table.ts";
import { servesStale } from "./load.ts";

/*
 * Before a filter or reverse link is evaluated, every listed record of the kind must be known. This module finds the
 * details that an operation must read first, and the records to leave out because they cannot be read. Example: of
 * three contracts, one was never read (*missing*), and the read of another failed (*failed read*). The first is read;
 * the second is left out, with an error in the answer, since it might belong.
 */

/** Records that may belong to a result but could not be read, with the reasons. */
export type FailedReads = readonly { readonly record: CachedRecord; readonly error: AlmaError }[];

/** Groups failed reads by the parent: the record to which each referred when it was last read. */
export function groupByParent({ kind, relationIndex }: Table, relation: string, failedReads: FailedReads) {
  const byParent = new Map<number, FailedReads[number][]>();
  const ofUnknownParent: FailedReads[number][] = [];
  for (const failedRead of failedReads) {
    const { record } = failedRead;
    const parent = record.kind === kind ? relationIndex.lastParent(relation, record) : undefined;
    if (parent === undefined) ofUnknownParent.push(failedRead);
    if (parent == null) continue;
    const siblings = byParent.get(parent);
    if (siblings) siblings.push(failedRead);
    else byParent.set(parent, [failedRead]);
  }
  return {
    /** Records that were never read, and may therefore belong to any parent. */
    ofUnknownParent,
    /** Returns the failed reads of records that referred to any of these parents. */
    under: (parents: readonly number[]): FailedReads =>
      parents.flatMap((parent) => byParent.get(parent) ?? []),
  };
}

/** The records of a table that a connection leaves out because too little is known about them. */
export interface Exclusion {
  readonly excluded: ReadonlySet<CachedRecord>;
  /** Excluded records that may still belong to the result. */
  readonly failedReads: FailedReads;
  /** `failedReads` by parent, for a reverse link. */
  readonly byParent: ReturnType<typeof groupByParent> | undefined;
  /** All other records of the table, computed on first use. */
  included?: readonly CachedRecord[];
}

const byId = (one: CachedRecord, other: CachedRecord) => other.id - one.id;

/** Finds the listed records of a table that are not known well enough for an operation. Valid for one version. */
export function checkCompleteness(table: Table, operation: Operation) {
  const { version, listedStates } = table;
  const cutoffOf = (isClosed: boolean) => operation.cutoffOf({ isClosed }, operation.indexCutoff);
  const missing: CachedRecord[] = [];
  const failedReads: FailedReads[number][] = [];
  /** Records that could not be read, or that disappeared after the list was read. */
  const unknown = new Set<CachedRecord>();
  /** By the relation of a reverse link; undefined for all records of the table. */
  const exclusions = new Map<string | undefined, Exclusion>();
  const unread = [...listedStates.notReadSince(cutoffOf(false), cutoffOf(true))];
  for (const record of listedStates.gone) {
    const cutoff = cutoffOf(record.isClosed);
    if (record.isGone(cutoff)) {
      unknown.add(record);
      operation.basis.noteEnd(record.goneAt, operation.startedAt - cutoff);
    } else unread.push(record);
  }
  const withFieldErrors = [...listedStates.faulty]
    .filter((record) => record.asOf(DETAIL) > cutoffOf(record.isClosed))
    .sort(byId);
  for (const record of unread) {
    const error = record.failureSince(operation.failuresSince(cutoffOf(record.isClosed)));
    // Any detail counts as known if the operation accepts stale data and Alma could not be reached.
    if (!error) missing.push(record);
    else if (!(record.detailAt > NEVER && servesStale(operation, error))) {
      failedReads.push({ record, error });
      unknown.add(record);
    }
  }
  failedReads.sort((one, other) => byId(one.record, other.record));

  return {
    version,
    /** Records whose details must be read. */
    missing,
    /** Records whose details could not be read. */
    failedReads,

    /**
     * Returns the records to leave out of the table, or of reverse links by a relation, whose field then decides too.
     * Cached, since 1,000 reverse links need the same result.
     */
    getExclusion(relation?: string): Exclusion {
      let exclusion = exclusions.get(relation);
      if (!exclusion) {
        const { field } = table.definition.relations[relation ?? ""] ?? {};
        const undecidable = withFieldErrors.flatMap((record) => {
          const error = field && findFieldError(record, [field]);
          return error ? [{ record, error }] : [];
        });
        const allFailed = [...failedReads, ...undecidable];
        exclusion = {
          excluded: new Set([...unknown, ...undecidable.map(({ record }) => record)]),
          failedReads: allFailed,
          byParent: relation === undefined ? undefined : groupByParent(table, relation, allFailed),
        };
        exclusions.set(relation, exclusion);
      }
      return exclusion;
    },
  };
}

export type Completeness = ReturnType<typeof checkCompleteness>;
