import { type Alma, AlmaError, type Clock, isSameExternalId } from "../../alma/index.ts";
import { type CachedRecord, matchesExternalId } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { DETAIL, NEVER, SUMMARY } from "../record/source.ts";
import type { LookupKind, LookupResult, Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import type { SharedRead, SharedReads, Waiter } from "./shared-read.ts";

/** The maximum number of records listed in a message. */
const MAX_NAMED = 10;

/** A Bitrix id, the tables where a record may have it, and a test whether a known record has it. */
interface LookupTarget {
  readonly externalId: string;
  readonly tables: readonly Table[];
  readonly isHolder: (cached: CachedRecord) => boolean;
}

/** Nothing is read that was read after `cutoff`, or whose read failed after `since`. */
interface ReadTimes {
  readonly cutoff: number;
  readonly since: number;
}

/** Returns whether a record has a Bitrix id as its own. */
const hasExternalId =
  (externalId: string) =>
  ({ value }: CachedRecord): boolean =>
    isSameExternalId(value.externalId, externalId);

/** Throws AMBIGUOUS_REF if several records have a Bitrix id. */
export function assertUnambiguous(externalId: string, holders: readonly CachedRecord[]): void {
  if (holders.length < 2) return;
  const named = holders.slice(0, MAX_NAMED).map(({ key }) => key);
  if (holders.length > MAX_NAMED) named.push(`${holders.length - MAX_NAMED} more`);
  throw new AlmaError(
    "AMBIGUOUS_REF",
    `A record was requested by the Bitrix id ${JSON.stringify(externalId)}, which ${holders.length} records share: ` +
      `${named.join(", ")}. Use the almaId of one of them, or give each its own Bitrix id ` +
      "in Alma.",
  );
}

/** The cut-offs of a lookup, and of the list searched for an id that Alma does not find. */
interface LookupCutoffs {
  readonly cutoff: number;
  readonly listCutoff: number;
}

/**
 * Looks up records by Bitrix id in Alma; simultaneous lookups of one id share one call. All of them throw the AlmaError
 * of a failed lookup, the waiter's `stopReason`, or ALMA_UNAVAILABLE once the reader is stopped.
 */
export function createLookupReader(
  alma: Alma,
  store: Store,
  clock: Clock,
  reader: Reader,
  sharedReads: SharedReads,
) {
  const readDetails = (
    records: readonly CachedRecord[],
    { cutoff, since }: ReadTimes,
    sharedRead: SharedRead,
  ): Promise<unknown> =>
    Promise.all(records.map((cached) => reader.readDetail(cached, cutoff, since, sharedRead)));

  /**
   * Finds the records with a Bitrix id among those that have it as far as known, after reading outdated deciding
   * details again. Throws the AlmaError of a read that failed at `since` or later.
   */
  async function findHolders(
    records: Iterable<CachedRecord>,
    { externalId, isHolder }: LookupTarget,
    times: ReadTimes,
    sharedRead: SharedRead,
  ): Promise<readonly CachedRecord[]> {
    const { cutoff, since } = times;
    const candidates = [...records].filter(isHolder);
    const hasId = hasExternalId(externalId);
    const old = candidates.filter(
      (cached) =>
        !(cached.asOf(DETAIL) > cutoff) &&
        !(cached.isListed && hasId(cached) && cached.asOf(SUMMARY, "externalId") > cutoff),
    );
    await readDetails(old, times, sharedRead);
    for (const cached of old) {
      const error = cached.failureSince(since);
      if (error) throw error;
    }
    return candidates.filter((cached) => isHolder(cached) && !cached.isGone(cutoff));
  }

  /**
   * Finds the cached record with a Bitrix id that Alma did not find at `notFoundAt`, listed ones first. Lists not read
   * since `listCutoff` are read first, except for buildings, whose list shows no Bitrix ids (Alma: Buildings); Alma
   * would have found a record written since. Throws AMBIGUOUS_REF if several listed records have it.
   */
  async function findRemembered(
    target: LookupTarget,
    notFoundAt: number,
    listCutoff: number,
    sharedRead: SharedRead,
  ) {
    const { externalId, tables } = target;
    const unread = tables.filter(({ kind, listAt }) => kind !== "building" && !(listAt > listCutoff));
    await Promise.all(
      unread.map(({ kind }) => reader.readDecidingList(kind, notFoundAt, listCutoff, sharedRead)),
    );
    const times = { cutoff: notFoundAt, since: notFoundAt };
    const records = tables.flatMap((table) => [...table.records]);
    const holders = await findHolders(records, target, times, sharedRead);
    const listed = holders.filter(({ isListed }) => isListed);
    assertUnambiguous(externalId, listed);
    return listed[0] ?? holders.at(-1);
  }

  /**
   * Throws why a lookup failed: AMBIGUOUS_REF if several records in the lists have the id, since Alma then fails or
   * does not answer with a record; else `error`. Reads unknown details if the list does not show Bitrix ids (Alma:
   * Buildings).
   */
  async function explainFailure(
    error: unknown,
    target: LookupTarget,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<never> {
    if (!(error instanceof AlmaError && error.isAboutRecord)) throw error;
    const times = { cutoff, since: clock() };
    const findIn = async (table: Table) => {
      await reader.readList(table.kind, cutoff, times.since, sharedRead);
      const isShown = table.definition.summaryFields.includes("externalId");
      const unknown = isShown ? [] : table.listed.filter(({ detailAt }) => detailAt === NEVER);
      await readDetails(unknown, times, sharedRead);
      return findHolders(table.listed, target, times, sharedRead);
    };
    const holders = await Promise.all(target.tables.map(findIn)).catch(() => []);
    assertUnambiguous(target.externalId, holders.flat());
    throw error;
  }

  /** Looks a Bitrix id up in Alma. For a building, its first answer is final (Alma: Buildings). */
  async function ask(kind: LookupKind, externalId: string, sharedRead: SharedRead) {
    if (kind === "rentalObject") {
      const { asOf, value, isConclusive } = await alma.rentalObject(externalId, sharedRead);
      return { asOf, isConclusive, record: value && store.applyRentalObject(value, asOf) };
    }
    const { asOf, match, isConclusive } = await alma[kind].get({ externalId }, sharedRead);
    return {
      asOf,
      isConclusive: isConclusive || kind === "building",
      record: match && store.applyDetail(kind, match, asOf, clock()),
    };
  }

  /** Decides an inconclusive 404 of `notFoundAt` by the lists. */
  async function decideByLists(
    kind: LookupKind,
    target: LookupTarget,
    notFoundAt: number,
    cutoff: number,
    sharedRead: SharedRead,
  ): Promise<LookupResult> {
    const { externalId, tables } = target;
    const decidedAfter = Math.max(cutoff, store.lookupsInvalidatedAt(kind));
    const lists = tables.map((table) =>
      reader.readDecidingList(table.kind, notFoundAt, decidedAfter, sharedRead),
    );
    const at = Math.min(...(await Promise.all(lists)));
    const times = { cutoff, since: notFoundAt };
    const listed = tables.map((table) => table.listed);
    // As in Alma, rooms take precedence over units.
    const holders =
      kind === "rentalObject"
        ? listed
            .map((records) => records.filter(hasExternalId(externalId)))
            .findLast(({ length }) => length > 0)
        : await findHolders(listed.flat(), target, times, sharedRead);
    assertUnambiguous(externalId, holders ?? []);
    return { at, record: holders?.[0] };
  }

  return {
    /** Returns whether a lookup of this Bitrix id is in progress, so that joining it costs no call. */
    isLookingUp: (kind: LookupKind, externalId: string) => sharedReads.isReading(lookupKey(kind, externalId)),

    /**
     * Looks up which record has a Bitrix id, or which unit or room fits it best (Alma: Rental object), and stores the
     * answer. Lists decide an inconclusive 404, for all lookups with earlier cut-offs. After a conclusive 404, a cached
     * record with the id is read by Alma id, since Alma may store the id with surrounding blanks. Throws AMBIGUOUS_REF
     * if several records have it.
     */
    lookUp(kind: LookupKind, externalId: string, { cutoff, listCutoff }: LookupCutoffs, waiter: Waiter) {
      const isHolder =
        kind === "rentalObject"
          ? (cached: CachedRecord) => matchesExternalId(cached, externalId)
          : hasExternalId(externalId);
      const target = { externalId, tables: store.tablesOf(kind), isHolder };
      const getKnown = () => store.getLookup(kind, externalId, cutoff);
      return sharedReads.readUntil(lookupKey(kind, externalId), getKnown, waiter, async (sharedRead) => {
        const { asOf, record, isConclusive } = await ask(kind, externalId, sharedRead).catch((error) =>
          explainFailure(error, target, cutoff, sharedRead),
        );
        const result =
          record || isConclusive
            ? {
                at: asOf,
                record: record ?? (await findRemembered(target, asOf, listCutoff, sharedRead)),
              }
            : await decideByLists(kind, target, asOf, cutoff, sharedRead);
        store.setLookup(kind, externalId, result);
      });
    },
  };
}

export type LookupReader = ReturnType<typeof createLookupReader>;

const lookupKey = (kind: LookupKind, externalId: string) => `${kind} of ${externalId}`;

/**
 * Reads Alma into the store; simultaneous reads of the same data share one call. Reads of lists and details do not
 * throw failures but record them in the store. All throw the waiter's `stopReason`, or ALMA_UNAVAILABLE once the reader
 * is stopped. Nothing is read if the data was read after `cutoff`, or a read of it failed after `since`.
 */
export function createReader(alma: Alma, store: Store, clock: Clock, sharedReads: SharedReads) {
  /** Reads the list of a kind, unless it is known or its read has failed. */
  function readList(kind: Kind, cutoff: number, since: number, waiter: Waiter) {
    return readListUntil(kind, () => store.tables[kind].isListKnown(cutoff), since, waiter);
  }

  function readListUntil(kind: Kind, isKnown: () => boolean, since: number, waiter: Waiter) {
    const table = store.tables[kind];
    const isEnough = () => isKnown() || (table.listFailure?.at ?? NEVER) > since;
    return sharedReads.readUntil(listKey(kind), isEnough, waiter, async (sharedRead) => {
      const startedAt = clock();
      try {
        const { asOf, value } = await alma[kind].list(sharedRead);
        await store.applyList(kind, value, asOf, sharedRead.signal, clock());
      } catch (error) {
        table.listFailure = { at: startedAt, error: toAlmaError(error) };
      }
    });
  }

  async function applyDetail(cached: CachedRecord, sharedRead: SharedRead) {
    const { kind, id } = cached;
    const { asOf, match, isConclusive } = await alma[kind].get({ id }, sharedRead);
    if (match) {
      store.applyDetail(kind, match, asOf, clock());
      return;
    }
    const end = clock();
    if (!isConclusive) await readDecidingList(kind, asOf, asOf, sharedRead);
    if (isConclusive || !cached.isListed) return cached.markGone(asOf, end, isConclusive);
    const message =
      `Alma lists ${cached.key} but does not find it. Ask again in a moment; ` +
      "if this persists, tell Alma's operator.";
    throw new AlmaError("ALMA_BAD_ANSWER", message);
  }

  /**
   * Reads the list that decides an inconclusive 404 of `notFoundAt`, unless it was read after `cutoff`. Returns the
   * earlier of the two times. Throws the error if the list could not be read.
   */
  async function readDecidingList(kind: Kind, notFoundAt: number, cutoff: number, sharedRead: SharedRead) {
    const table = store.tables[kind];
    await readList(kind, cutoff, notFoundAt, sharedRead);
    if (!table.isListKnown(cutoff) && table.listFailure) throw table.listFailure.error;
    return Math.min(notFoundAt, table.listAt);
  }

  return {
    /** Returns whether a read of this detail is in progress, so that joining it costs no call. */
    isReadingDetail: ({ key }: CachedRecord) => sharedReads.isReading(key),

    /** Returns whether a read of this list is in progress, so that joining it costs no call. */
    isReadingList: (kind: Kind) => sharedReads.isReading(listKey(kind)),

    /** Resolves when all current reads have ended. */
    whenOver: () => sharedReads.whenOver(),

    /** Aborts every read and starts no new ones. */
    stop() {
      const message =
        "This process no longer reads Alma: it is stopping, or another process leads. Try again in a moment.";
      sharedReads.close(new AlmaError("ALMA_UNAVAILABLE", message));
    },

    /** Returns the milliseconds until a probe may be sent to Alma; undefined if Alma is not down. */
    downFor: () => alma.state().downFor,
    readList,

    /** Like `readList`, but accepts a list that a write has possibly made stale since. */
    readListOnce: (kind: Kind, cutoff: number, since: number, waiter: Waiter) =>
      readListUntil(kind, () => store.tables[kind].listAt > cutoff, since, waiter),

    /** Reads a detail, unless it is known, the record is known to be gone, or the read has failed. */
    readDetail(cached: CachedRecord, cutoff: number, since: number, waiter: Waiter) {
      const isEnough = () =>
        cached.asOf(DETAIL) > cutoff || cached.isGone(cutoff) || cached.failureSince(since) !== undefined;
      return sharedReads.readUntil(cached.key, isEnough, waiter, async (sharedRead) => {
        const startedAt = clock();
        try {
          await applyDetail(cached, sharedRead);
        } catch (error) {
          cached.markFailed(startedAt, toAlmaError(error));
        }
      });
    },
    readDecidingList,
  };
}

export type Reader = ReturnType<typeof createReader>;

const listKey = (kind: Kind) => `${kind} list`;

/** Returns an AlmaError. Throws any other error, which is a programming error. */
function toAlmaError(error: unknown) {
  if (error instanceof AlmaError) return error;
  throw error;
}
