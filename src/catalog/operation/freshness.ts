import { NEVER } from "../record/source.ts";

/** The arguments of `@freshness` in one operation. */
export interface Freshness {
  /** In milliseconds; replaces both ages of the settings. */
  readonly maxAge?: number;
  /** Whether it does so for records that are shown alone, and not for what decides which these are. */
  readonly isOfRows?: boolean;
  /** Serve data of any age where Alma cannot be reached. */
  readonly serveStale?: boolean;
  /** Whether named records, too, may be as old as what is reached through a connection, where `maxAge` says nothing. */
  readonly isOfCatalog?: boolean;
}

/** How old data may be where `@freshness` says nothing. */
export interface Ages {
  /** In milliseconds: a record named in a query, and what it refers to (MAX_AGE). */
  readonly maxAge: number;
  /** In milliseconds: what is reached through a connection (CATALOG_MAX_AGE). */
  readonly connectionAge: number;
  /** In milliseconds: as `connectionAge`, of a closed record (CLOSED_MAX_AGE). */
  readonly closedAge: number;
  /** Whether background work maintains these ages. If it falls behind, older data is served. */
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
  /** When what background work keeps has to be read at the latest: records that are not closed, and closed ones. */
  readonly promised: { readonly live: number; readonly closed: number };
  /** For records named in the query, and what they refer to. */
  readonly namedCutoff: number;
  /** For records reached through a connection. */
  readonly connectionCutoff: number;
  /** For what decides membership, order and absence in a connection. */
  readonly indexCutoff: number;
  /** For the list in which an id is searched that Alma, asked now, does not find: it may have blanks around it. */
  readonly spellingCutoff: number;
  /** As `indexCutoff`, for data that background work fails to maintain. */
  readonly unmaintainedCutoff: number;
  /** Whether a query has said how old what decides membership, order and absence may be. */
  readonly boundsIndexes: boolean;
  /** Whether it has said so of the records of a page alone, which are then read again. */
  readonly rereadsPages: boolean;

  constructor(startedAt: number, ages: Ages, { maxAge, isOfRows, isOfCatalog }: Freshness) {
    const { connectionAge, closedAge, isMaintained } = ages;
    const askedCutoff = maxAge === undefined ? undefined : startedAt - maxAge;
    this.startedAt = startedAt;
    // A microsecond earlier, so that none of them is the same as an age that is asked for.
    this.promised = { live: startedAt - connectionAge - 0.001, closed: startedAt - closedAge - 0.001 };
    this.namedCutoff = askedCutoff ?? (isOfCatalog ? this.promised.live : startedAt - ages.maxAge);
    this.spellingCutoff = isMaintained ? NEVER : this.promised.live;
    this.indexCutoff = isOfRows ? this.spellingCutoff : (askedCutoff ?? this.spellingCutoff);
    this.connectionCutoff = askedCutoff ?? this.indexCutoff;
    this.unmaintainedCutoff = this.indexCutoff === NEVER ? this.promised.live : this.indexCutoff;
    this.boundsIndexes = askedCutoff !== undefined && !isOfRows;
    this.rereadsPages = askedCutoff !== undefined && isOfRows === true;
  }
}
