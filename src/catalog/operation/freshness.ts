import { NEVER } from "../record/source.ts";

/** The arguments of `@freshness` in one operation. */
export interface Freshness {
  /** In milliseconds. Replaces both ages of the settings. */
  readonly maxAge?: number;
  /** Whether it applies only to the shown records, not to their selection. */
  readonly isOfRows?: boolean;
  /** Serves data of any age if Alma cannot be reached. */
  readonly serveStale?: boolean;
  /** Whether records named in the query may also be as old as those reached through a connection. */
  readonly isOfCatalog?: boolean;
}

/** The ages allowed without `@freshness`. */
export interface AllowedAges {
  /** The maximum age, in milliseconds, of a record named in a query, and of records it refers to (MAX_AGE). */
  readonly maxAge: number;
  /** The maximum age, in milliseconds, of records reached through a connection (CATALOG_MAX_AGE). */
  readonly connectionAge: number;
  /** The maximum age, in milliseconds, of closed records reached through a connection (CLOSED_MAX_AGE). */
  readonly closedAge: number;
  /** Whether background work maintains these ages. If it lags, older data is served. */
  readonly isMaintained: boolean;
}

/**
 * Data must have been read after its cut-off. All cut-offs are fixed when the operation starts:
 *
 * | cut-off | by default | `maxAge: n` | `maxAge: n, of: ROWS` |
 * | --- | --- | --- | --- |
 * | named | MAX_AGE ago | n ago | n ago |
 * | connection | as index | n ago | n ago |
 * | index, maintained | NEVER: of any age | n ago | NEVER |
 * | index, not maintained | CATALOG_MAX_AGE ago | n ago | CATALOG_MAX_AGE ago |
 * | spelling, maintained | NEVER | NEVER | NEVER |
 * | spelling, not maintained | CATALOG_MAX_AGE ago | CATALOG_MAX_AGE ago | CATALOG_MAX_AGE ago |
 *
 * For a closed record, CLOSED_MAX_AGE takes the place of CATALOG_MAX_AGE (`Operation.cutoffOf`).
 */
export abstract class Cutoffs {
  readonly startedAt: number;
  /** The oldest readings that background work promises: for records that are not closed, and for closed ones. */
  readonly promised: { readonly live: number; readonly closed: number };
  /** For records named in the query, and records they refer to. */
  readonly namedCutoff: number;
  /** For records reached through a connection. */
  readonly connectionCutoff: number;
  /** For what decides membership, order and absence in a connection. */
  readonly indexCutoff: number;
  /** For the list searched for an id that Alma does not find, since Alma may store it with surrounding blanks. */
  readonly spellingCutoff: number;
  /** Like `indexCutoff`, for data that background work fails to maintain. */
  readonly unmaintainedCutoff: number;
  /** Whether the query limits the age of the data that decides membership, order and absence. */
  readonly boundsIndexes: boolean;
  /** Whether that limit applies only to the records of a page, which are then read again. */
  readonly rereadsPages: boolean;

  constructor(startedAt: number, ages: AllowedAges, { maxAge, isOfRows, isOfCatalog }: Freshness) {
    const { connectionAge, closedAge, isMaintained } = ages;
    const requestedCutoff = maxAge === undefined ? undefined : startedAt - maxAge;
    this.startedAt = startedAt;
    // A microsecond earlier, so that it never equals a requested age.
    this.promised = { live: startedAt - connectionAge - 0.001, closed: startedAt - closedAge - 0.001 };
    this.namedCutoff = requestedCutoff ?? (isOfCatalog ? this.promised.live : startedAt - ages.maxAge);
    this.spellingCutoff = isMaintained ? NEVER : this.promised.live;
    this.indexCutoff = isOfRows ? this.spellingCutoff : (requestedCutoff ?? this.spellingCutoff);
    this.connectionCutoff = requestedCutoff ?? this.indexCutoff;
    this.unmaintainedCutoff = this.indexCutoff === NEVER ? this.promised.live : this.indexCutoff;
    this.boundsIndexes = requestedCutoff !== undefined && !isOfRows;
    this.rereadsPages = requestedCutoff !== undefined && isOfRows === true;
  }
}
