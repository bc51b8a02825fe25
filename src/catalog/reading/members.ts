import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import { LIST_PURPOSE, memberPurpose } from "../operation/read-reason.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind } from "../record/kind.ts";
import { NEVER, SUMMARY } from "../record/source.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { type Completeness, checkCompleteness, type FailedReads } from "./completeness.ts";
import { isOverBudget, makeReads, serveSuperseded, servesStale } from "./load.ts";
import type { Readiness } from "./readiness.ts";

/*
 * A connection first needs its candidates: all records of a kind, or those that refer to a parent (a reverse link, such
 * as the contracts of a unit). If the list and the details that decide are fresh enough, they are found synchronously
 * in the catalog; otherwise the list and the missing details are read first. The query's filter then selects from the
 * candidates.
 */

/** A request for the candidates of a connection. */
interface MemberQuery {
  readonly kind: Kind;
  /** For a reverse link: the parents (usually one), and the relation by which records refer to them. */
  readonly referringTo?: { readonly relation: string; readonly parents: readonly number[] };
  /** Whether details decide membership or order; always true for a reverse link. */
  readonly needsDetails: boolean;
  /** If `needsDetails` is false: the list fields that decide. If a list entry lacks one, all details are needed. */
  readonly decidingSummaryFields?: readonly string[];
}

/** The candidates, highest id first, and what is missing among them. */
export interface Members {
  readonly records: readonly CachedRecord[];
  /** The oldest reading behind membership, order and absence. */
  readonly asOf: number;
  /**
   * Listed records of which it is unknown whether they belong, because a deciding field is unreadable. For a reverse
   * link, only those that referred to one of the parents when last read.
   */
  readonly failedReads: FailedReads;
  /** For a reverse link: records that may refer to any parent, since they were never read. */
  readonly readsOfUnknownParent: FailedReads;
  /** The number of list entries without a usable id. */
  readonly malformedEntries: number;
}

/** Returns the cut-off of the list. While reads of the list fail, the refresh cannot keep it young. */
function listCutoff({ indexCutoff, unmaintainedCutoff }: Operation, { listFailure }: Table): number {
  return listFailure ? Math.max(indexCutoff, unmaintainedCutoff) : indexCutoff;
}

/** Notes that an answer depends on the current candidates of a table. */
function noteMembers(operation: Operation, table: Table, query: MemberQuery, needsDetails: boolean) {
  const { basis, startedAt, indexCutoff } = operation;
  const cutoffOf = (isClosed: boolean) => operation.cutoffOf({ isClosed }, indexCutoff);
  basis.noteKind(table.kind);
  basis.noteEnd(table.listAt, startedAt - listCutoff(operation, table));
  if (needsDetails) {
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

/** The deciding list fields. */
function decidingFields(
  { definition }: Table,
  { decidingSummaryFields = [] }: MemberQuery,
): readonly string[] {
  return decidingSummaryFields.filter((field) => definition.summaryFields.includes(field));
}

/**
 * Returns whether details decide membership or order: if the query says so, or if a deciding list field of some record
 * is known neither from the list nor from its detail.
 */
function detailsDecide(operation: Operation, table: Table, query: MemberQuery): boolean {
  if (query.needsDetails) return true;
  const fields = decidingFields(table, query);
  if (fields.length === 0) return false;
  const cutoffOf = (isClosed: boolean) => operation.cutoffOf({ isClosed }, operation.indexCutoff);
  const { listedStates } = table;
  const unread = [...listedStates.notReadSince(cutoffOf(false), cutoffOf(true)), ...listedStates.gone];
  return unread.some((record) => {
    const cutoff = cutoffOf(record.isClosed);
    return !record.isGone(cutoff) && fields.some((field) => !(record.asOf(SUMMARY, field) > cutoff));
  });
}

/**
 * Creates the candidates of a reverse link for any parent, which requires that everything that decides them is known
 * and none is left out. Valid until something in their table changes. `excluded`: records that disappeared after the
 * list was read. `asOf`: the oldest read behind membership, order and absence.
 */
function createMembersBelow(
  table: Table,
  relation: string,
  excluded: ReadonlySet<CachedRecord>,
  asOf: number,
) {
  const { version, listFailure } = table;
  const index = table.relationIndex.of(relation);
  return {
    asOf,

    /** Whether the table is unchanged. Once false, it stays false. */
    get isCurrent(): boolean {
      return table.version === version && table.listFailure === listFailure;
    },

    /** Returns the candidates that refer to a parent, highest id first. */
    of(parent: number): CachedRecord[] {
      const members: CachedRecord[] = [];
      for (const child of index.recordsOf(parent))
        if (child.isListed && !excluded.has(child)) members.push(child);
      return members;
    },
  };
}

export type MembersBelow = ReturnType<typeof createMembersBelow>;

/** What an operation knows about the records of a table, so that 100 reverse links check and read them once. */
interface OperationState {
  check?: Completeness;
  /** The reads of missing details in progress. */
  reads?: Promise<void> | undefined;
}

/** How often details are read again because a write or newer list has made them stale meanwhile. */
const MAX_ROUNDS = 8;

/**
 * Creates a function that finds the candidates of connections, synchronously if all data is known. Otherwise it reads
 * the list and the missing details, or waits for the warm-up that is reading them.
 */
export function createMemberFinder(store: Store, reader: Reader, readiness?: Readiness) {
  const tools = { store, reader };
  const states = new WeakMap<Operation, Readonly<Record<Kind, OperationState>>>();

  function stateOf(operation: Operation, { kind }: Table): OperationState {
    const ofOperation = states.get(operation) ?? byKind((): OperationState => ({}));
    states.set(operation, ofOperation);
    return ofOperation[kind];
  }

  /** Returns whether a query needs no reads. */
  const isKnown = (operation: Operation, table: Table, query: MemberQuery): boolean =>
    table.isListKnown(listCutoff(operation, table)) && isDecided(operation, table, query);

  const isDecided = (operation: Operation, table: Table, query: MemberQuery): boolean =>
    !detailsDecide(operation, table, query) || completeness(operation, table).missing.length === 0;

  async function read(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const isDry = operation.explanation?.isDry === true;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const needsDetails = detailsDecide(operation, table, query);
      const warmUpDone = needsDetails && readiness?.waitForKind(table.kind, operation);
      if (warmUpDone) await warmUpDone;
      if (warmUpDone && isDry) return membersOf(operation, table, query);
      operation.throwIfStopped();
      await readList(operation, table.kind, listCutoff(operation, table));
      if (needsDetails) await readDetails(operation, table, query);
      if ((isDry && needsDetails) || isDecided(operation, table, query))
        return membersOf(operation, table, query);
    }
    const { typeName } = table.definition;
    throw new AlmaError(
      "ALMA_UNAVAILABLE",
      `Records of type ${typeName} change faster than they can be read. Try again in a moment.`,
    );
  }

  /** Reads the list of a kind, unless it was read after `cutoff`. Throws AlmaError. */
  async function readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    const table = store.tables[kind];
    if (table.isListKnown(cutoff)) return;
    await makeReads(tools, operation, [{ list: kind, cutoff }], LIST_PURPOSE);
    if (table.isListKnown(cutoff) || operation.explanation?.isDry) return;
    const error = table.listFailure?.error;
    if (error && !(table.listed.length > 0 && servesStale(operation, error))) throw error;
  }

  function readDetails(operation: Operation, table: Table, query: MemberQuery): Promise<void> {
    const state = stateOf(operation, table);
    state.reads ??= readMissing(operation, table, query).finally(() => {
      state.reads = undefined;
    });
    return state.reads;
  }

  async function readMissing(operation: Operation, table: Table, query: MemberQuery): Promise<void> {
    const { missing } = completeness(operation, table);
    const details = missing.map((detail) => ({
      detail,
      cutoff: operation.cutoffOf(detail, operation.indexCutoff),
    }));
    const isTooMany = isOverBudget(reader, operation, details);
    const served = isTooMany ? serveSuperseded(operation, details) : new Set<CachedRecord>();
    const unserved = details.filter(({ detail }) => !served.has(detail));
    if (unserved.length > 0)
      operation.explanation?.doubt(
        `Which ${table.definition.typeName} records belong is known once they are read.`,
      );
    const { referringTo, decidingSummaryFields } = query;
    const purpose = memberPurpose(table.definition, referringTo?.relation, decidingSummaryFields);
    await makeReads(tools, operation, unserved, purpose);
    const { failedReads } = completeness(operation, table);
    // Records that cannot be read are left out. If none can be read, there is nothing to select from.
    const [first] = failedReads;
    if (first && failedReads.length === table.listed.length) throw first.error;
  }

  /** Returns the completeness check of the table's current version. */
  function completeness(operation: Operation, table: Table): Completeness {
    const state = stateOf(operation, table);
    if (state.check?.version !== table.version) state.check = checkCompleteness(table, operation);
    return state.check;
  }

  function membersOf(operation: Operation, table: Table, query: MemberQuery): Members {
    const { referringTo } = query;
    const needsDetails = detailsDecide(operation, table, query);
    const candidates = referringTo
      ? table.referringTo(referringTo.relation, referringTo.parents)
      : table.listed;
    const asOf = needsDetails ? table.indexAsOf() : table.listAt;
    noteMembers(operation, table, query, needsDetails);
    operation.explanation?.lists.add(table.kind);
    const { malformedEntries } = table;
    const result = (
      records: readonly CachedRecord[],
      failedReads: FailedReads,
      readsOfUnknownParent: FailedReads = [],
    ): Members => ({ records, asOf, failedReads, readsOfUnknownParent, malformedEntries });
    if (!needsDetails) return result(candidates, []);
    const exclusion = completeness(operation, table).getExclusion(referringTo?.relation);
    const { excluded, failedReads, byParent } = exclusion;
    if (excluded.size === 0) return result(candidates, failedReads);
    const getIncluded = () => candidates.filter((record) => !excluded.has(record));
    if (referringTo && byParent)
      return result(getIncluded(), byParent.under(referringTo.parents), byParent.ofUnknownParent);
    exclusion.included ??= getIncluded();
    return result(exclusion.included, failedReads);
  }

  return {
    /** Finds the candidates of a connection, synchronously if nothing has to be read. */
    findMembers(operation: Operation, query: MemberQuery): Members | Promise<Members> {
      const table = store.tables[query.kind];
      return isKnown(operation, table, query)
        ? membersOf(operation, table, query)
        : read(operation, table, query);
    },

    /**
     * Finds the candidates of a reverse link for all parents at once. Undefined if something has to be read, or if
     * records that may belong are left out, which `findMembers` reports.
     */
    findMembersBelow(operation: Operation, kind: Kind, relation: string): MembersBelow | undefined {
      const table = store.tables[kind];
      const query = { kind, needsDetails: true, referringTo: { relation, parents: [] } };
      if (table.malformedEntries > 0 || !isKnown(operation, table, query)) return undefined;
      const { excluded, failedReads } = completeness(operation, table).getExclusion(relation);
      if (failedReads.length > 0) return undefined;
      const { asOf } = membersOf(operation, table, query);
      return createMembersBelow(table, relation, excluded, asOf);
    },
    readList,

    /** Returns whether membership in connections of a kind is known without reads. */
    isComplete(operation: Operation, kind: Kind): boolean {
      const table = store.tables[kind];
      const isListKnown = table.isListKnown(listCutoff(operation, table));
      return isListKnown && completeness(operation, table).missing.length === 0;
    },
  };
}
