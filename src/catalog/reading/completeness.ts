import type { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, DETAIL } from "../store/cached-record.ts";
import { findFieldError, NEVER } from "../store/source.ts";
import type { Table } from "../store/table.ts";
import { isUnreachable } from "./load.ts";
import type { Operation } from "./operation.ts";

/** Records of which it cannot be decided whether they belong, each with the reason. */
export type FailedReads = readonly { readonly record: CachedRecord; readonly error: AlmaError }[];

/** The records of a table that a connection cannot choose from. */
interface Exclusion {
  readonly excluded: ReadonlySet<CachedRecord>;
  /** Those of them that may belong nevertheless. */
  readonly failedReads: FailedReads;
  /** All other records of the table, once they were asked for. */
  included?: readonly CachedRecord[];
}

/** Which listed records of a table an operation knows well enough to choose from, at one version of the table. */
export class Completeness {
  readonly version: number;
  /** Records whose details have to be read. */
  readonly missing: CachedRecord[] = [];
  /** Records whose details could not be read. */
  readonly failedReads: FailedReads[number][] = [];
  /** Records of which Alma answered a field unreadably. */
  readonly #withFieldErrors: CachedRecord[] = [];
  /** Records that could not be read, or have gone since the list was read. */
  readonly #excluded = new Set<CachedRecord>();
  /** By fields that decide. */
  readonly #exclusions = new Map<string, Exclusion>();

  constructor(table: Table, operation: Operation) {
    this.version = table.version;
    const since = operation.failuresSince(operation.indexCutoff);
    for (const record of table.listed) {
      if (record.isGone(operation.indexCutoff)) {
        this.#excluded.add(record);
        continue;
      }
      if (record.asOf(DETAIL) > operation.indexCutoff) {
        if (record.fieldErrors) this.#withFieldErrors.push(record);
        continue;
      }
      const error = record.failureSince(since);
      if (!error) this.missing.push(record);
      else if (!(operation.serveStale && isUnreachable(error) && record.detailAt > NEVER)) {
        this.failedReads.push({ record, error });
        this.#excluded.add(record);
      }
    }
  }

  /** The records to leave out where these fields decide. Remembered, since 1,000 reverse edges ask for the same. */
  getExclusion(fields: readonly string[]): Exclusion {
    const key = this.#withFieldErrors.length > 0 ? fields.join() : "";
    let exclusion = this.#exclusions.get(key);
    if (!exclusion) {
      const undecidable = this.#withFieldErrors.flatMap((record) => {
        const error = findFieldError(record, fields);
        return error ? [{ record, error }] : [];
      });
      const excluded = new Set([...this.#excluded, ...undecidable.map(({ record }) => record)]);
      exclusion = { excluded, failedReads: [...this.failedReads, ...undecidable] };
      this.#exclusions.set(key, exclusion);
    }
    return exclusion;
  }
}
