import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL } from "../record/servable.ts";
import { findFieldError, NEVER } from "../record/source.ts";
import type { Table } from "../store/table.ts";
import { type FailedReads, PlacedFailedReads } from "./failed-reads.ts";
import { servesStale } from "./load.ts";

/** The records of a table that a connection leaves out, since too little is known of them. */
export interface Exclusion {
  readonly excluded: ReadonlySet<CachedRecord>;
  /** The excluded records that may belong nevertheless. */
  readonly failedReads: FailedReads;
  /** The same by relation, placed when they are first needed. */
  readonly placed: Map<string, PlacedFailedReads>;
  /** All other records of the table; undefined until they are first needed. */
  included?: readonly CachedRecord[];
}

/** Which listed records of a table, at one version of it, an operation knows well enough to decide membership. */
export class Completeness {
  readonly version: number;
  readonly #table: Table;
  /** Records whose details have to be read. */
  readonly missing: CachedRecord[] = [];
  /** Records whose details could not be read. */
  readonly failedReads: FailedReads[number][] = [];
  /** Records with a field that could not be decoded. */
  readonly #withFieldErrors: CachedRecord[] = [];
  /** Records that could not be read, or have gone since the list was read. */
  readonly #excluded = new Set<CachedRecord>();
  /** By the names of the fields that decide, joined; by "" for all fields if no record has field errors. */
  readonly #exclusions = new Map<string, Exclusion>();

  constructor(table: Table, operation: Operation) {
    this.version = table.version;
    this.#table = table;
    const indexCutoff = operation.cutoffOf(table.kind, operation.indexCutoff);
    const since = operation.failuresSince(indexCutoff);
    const { listedStates } = table;
    const unread = [...listedStates.notReadSince(indexCutoff)];
    for (const record of listedStates.gone) {
      if (record.isGone(indexCutoff)) {
        this.#excluded.add(record);
        operation.basis.noteEnd(record.goneAt, operation.startedAt - indexCutoff);
      } else unread.push(record);
    }
    for (const record of listedStates.faulty)
      if (record.asOf(DETAIL) > indexCutoff) this.#withFieldErrors.push(record);
    for (const record of unread) {
      const error = record.failureSince(since);
      // A detail of any age counts as known if the operation accepts stale data and Alma could not be reached.
      if (!error) this.missing.push(record);
      else if (!(record.detailAt > NEVER && servesStale(operation, error))) {
        this.failedReads.push({ record, error });
        this.#excluded.add(record);
      }
    }
    this.failedReads.sort((one, other) => other.record.id - one.record.id);
    this.#withFieldErrors.sort((one, other) => other.id - one.id);
  }

  /** The records to leave out where these fields decide. Cached, since 1,000 reverse edges need the same result. */
  getExclusion(fields: readonly string[]): Exclusion {
    const key = this.#withFieldErrors.length > 0 ? fields.join() : "";
    let exclusion = this.#exclusions.get(key);
    if (!exclusion) {
      const undecidable = this.#withFieldErrors.flatMap((record) => {
        const error = findFieldError(record, fields);
        return error ? [{ record, error }] : [];
      });
      const excluded = new Set([...this.#excluded, ...undecidable.map(({ record }) => record)]);
      exclusion = { excluded, failedReads: [...this.failedReads, ...undecidable], placed: new Map() };
      this.#exclusions.set(key, exclusion);
    }
    return exclusion;
  }

  /** The failed reads of an exclusion, by what the records referred to. Cached as `getExclusion` is. */
  placeFailedReads({ placed, failedReads }: Exclusion, relation: string): PlacedFailedReads {
    let result = placed.get(relation);
    if (!result) {
      result = new PlacedFailedReads(this.#table, relation, failedReads);
      placed.set(relation, result);
    }
    return result;
  }
}
