import type { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, DETAIL } from "../store/cached-record.ts";
import { findFieldError } from "../store/field-error.ts";
import { NEVER } from "../store/source.ts";
import type { Table } from "../store/table.ts";
import { isUnreachable } from "./load.ts";
import type { Operation } from "./operation.ts";

/** Records of which nobody can say whether they belong, each with the reason. */
export type FailedReads = readonly { readonly record: CachedRecord; readonly error: AlmaError }[];

/** Who is not to be chosen from. */
interface Exclusion {
  readonly excluded: ReadonlySet<CachedRecord>;
  readonly failedReads: FailedReads;
  /** All the others of the table. */
  included?: readonly CachedRecord[];
}

/** Who of a table's listed records is known well enough for an operation: one census per operation and version. */
export class Completeness {
  readonly version: number;
  /** Those whose details have to be read. */
  readonly missing: CachedRecord[] = [];
  /** Those that could not be read. */
  readonly failedReads: FailedReads[number][] = [];
  /** Those of which Alma answered something unreadably. */
  readonly #withFieldErrors: CachedRecord[] = [];
  /** Those that could not be read, or were found gone since the list was read. */
  readonly #excluded = new Set<CachedRecord>();
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

  /** Who is left out where these fields decide. Worked out once: the reverse edges of 1,000 records ask for it. */
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
