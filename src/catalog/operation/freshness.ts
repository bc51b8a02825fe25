import { NEVER } from "../record/source.ts";

/** The arguments of `@freshness` in one operation. */
export interface Freshness {
  /** In milliseconds; replaces both ages of the settings. */
  readonly maxAge?: number;
  /** Serve data of any age where Alma cannot be reached. */
  readonly serveStale?: boolean;
}

/** How old data may be where `@freshness` says nothing. */
export interface Ages {
  /** In milliseconds: a record named in a query, and what it refers to (MAX_AGE). */
  readonly maxAge: number;
  /** In milliseconds: what is reached through a connection (CATALOG_MAX_AGE). */
  readonly connectionAge: number;
  /** Whether background work maintains `connectionAge`. If it falls behind, older data is served. */
  readonly isMaintained: boolean;
}

/**
 * Data must have been read after its cut-off. All cut-offs are fixed when the operation starts:
 *
 * | cut-off | by default | `maxAge: n` | `maxAge: 0` |
 * | --- | --- | --- | --- |
 * | named | MAX_AGE ago | n ago | the start |
 * | connection | as index | n ago | the start |
 * | index, maintained | NEVER: of any age | NEVER | the start |
 * | index, not maintained | CATALOG_MAX_AGE ago | the longer of CATALOG_MAX_AGE and n ago | the start |
 * | spelling, maintained | NEVER | NEVER | NEVER |
 * | spelling, not maintained | CATALOG_MAX_AGE ago | CATALOG_MAX_AGE ago | CATALOG_MAX_AGE ago |
 */
export interface Cutoffs {
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
  /** Whether the records of a page are read again if they are older than the connection's cut-off. */
  readonly rereadsPages: boolean;
}

/** The cut-offs of an operation that starts at `startedAt`. */
export function cutoffsAt(startedAt: number, ages: Ages, { maxAge }: Freshness): Cutoffs {
  const unmaintainedCutoff = maxAge === 0 ? startedAt : startedAt - Math.max(ages.connectionAge, maxAge ?? 0);
  const indexCutoff = ages.isMaintained && maxAge !== 0 ? NEVER : unmaintainedCutoff;
  return {
    namedCutoff: startedAt - (maxAge ?? ages.maxAge),
    connectionCutoff: maxAge === undefined ? indexCutoff : startedAt - maxAge,
    indexCutoff,
    spellingCutoff: ages.isMaintained ? NEVER : startedAt - ages.connectionAge,
    unmaintainedCutoff,
    rereadsPages: maxAge !== undefined && maxAge > 0,
  };
}
