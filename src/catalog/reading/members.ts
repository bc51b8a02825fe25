import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import { LIST_PURPOSE, memberPurpose } from "../operation/read-reason.ts";
import type { Readiness } from "../readiness/readiness.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import {
  type Completeness,
  checkCompleteness,
  type Exclusion,
  type FailedReads,
  placedIn,
} from "./completeness.ts";
import { isOverBudget, makeReads, serveSuperseded, servesStale } from "./load.ts";
import { findUndecided, listCutoff, type MemberQuery, type Members, noteMembers } from "./member-query.ts";

/**
 * The members behind a reverse edge, for any parent: everything is known that decides them, and no record is left out
 * that may be one. It holds until something changes in their table. `excluded`: records that have gone since the list
 * named them. `asOf`: when the oldest reading behind membership, order and absence was made.
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

    /** Whether nothing has changed. What has changed once never holds again. */
    get isCurrent(): boolean {
      return table.version === version && table.listFailure === listFailure;
    },

    /** The members below a parent, the highest id first. */
    of(parent: number): CachedRecord[] {
      const members: CachedRecord[] = [];
      for (const child of index.children(parent))
        if (child.isListed && !excluded.has(child)) members.push(child);
      return members;
    },
  };
}

export type MembersBelow = ReturnType<typeof createMembersBelow>;

/** A write or a newer list can make a detail stale while others are read. It is read again, up to this often. */
const MAX_ROUNDS = 8;

/**
 * Finds the candidates of connections: at once, without a promise, if everything is known. Else it reads the list and
 * the missing details, or waits for the warm-up that is reading them.
 */
export function createMemberFinder(store: Store, reader: Reader, readiness?: Readiness) {
  const tools = { store, reader };
  /** By operation and table: 100 reverse edges check a table once. */
  const completenessChecks = new WeakMap<Operation, Map<Table, Completeness>>();
  /** By operation and table: 100 reverse edges wait for its missing details once. */
  const pendingReads = new WeakMap<Operation, Map<Table, Promise<void>>>();

  /** Whether nothing has to be read for a query. */
  function isKnown(operation: Operation, table: Table, query: MemberQuery): boolean {
    if (!table.isListKnown(listCutoff(operation, table))) return false;
    return query.needsDetails
      ? completeness(operation, table).missing.length === 0
      : findUndecided(operation, table, query).length === 0;
  }

  async function read(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const isDry = operation.explanation?.isDry === true;
    const warmUpDone = query.needsDetails && readiness?.waitForKind(table.kind, operation);
    if (warmUpDone) await warmUpDone;
    if (warmUpDone && isDry) return membersOf(operation, table, query);
    operation.throwIfStopped();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await readList(operation, table.kind, listCutoff(operation, table));
      if (!query.needsDetails) return readUndecided(operation, table, query);
      await readDetails(operation, table, query);
      if (isDry || completeness(operation, table).missing.length === 0)
        return membersOf(operation, table, query);
    }
    const { typeName } = table.definition;
    throw new AlmaError(
      "ALMA_UNAVAILABLE",
      `Records of type ${typeName} change faster than they can be read. Try again in a moment.`,
    );
  }

  /** Reads the details of records whose list entries lack a field that decides. Records that fail are left out. */
  async function readUndecided(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const findMissing = () => findUndecided(operation, table, query);
    const warmUpDone = findMissing().length > 0 && readiness?.waitForKind(table.kind, operation);
    if (warmUpDone) await warmUpDone;
    const isLeftToWarmUp = warmUpDone && operation.explanation?.isDry;
    if (!isLeftToWarmUp) await readRecords(operation, table, query, findMissing());
    const failedReads = findMissing().flatMap((record) => {
      const since = operation.failuresSince(operation.cutoffOf(record, operation.indexCutoff));
      const error = record.failureSince(since);
      return error && !servesStale(operation, error) ? [{ record, error }] : [];
    });
    const excluded = new Set(failedReads.map(({ record }) => record));
    const members = membersOf(operation, table, query);
    return excluded.size === 0
      ? members
      : { ...members, records: members.records.filter((record) => !excluded.has(record)), failedReads };
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
    const pending = pendingReads.get(operation) ?? new Map<Table, Promise<void>>();
    pendingReads.set(operation, pending);
    const known = pending.get(table);
    if (known) return known;
    const reads = readMissing(operation, table, query).finally(() => pending.delete(table));
    pending.set(table, reads);
    return reads;
  }

  async function readMissing(operation: Operation, table: Table, query: MemberQuery): Promise<void> {
    await readRecords(operation, table, query, completeness(operation, table).missing);
    const { failedReads } = completeness(operation, table);
    // A record that cannot be read is left out. If none can be read, nothing is left to choose from.
    const [first] = failedReads;
    if (first && failedReads.length === table.listed.length) throw first.error;
  }

  async function readRecords(
    operation: Operation,
    table: Table,
    query: MemberQuery,
    unknown: readonly CachedRecord[],
  ): Promise<void> {
    const details = unknown.map((detail) => ({
      detail,
      cutoff: operation.cutoffOf(detail, operation.indexCutoff),
    }));
    const isTooMany = isOverBudget(reader, operation, details);
    const served = isTooMany ? serveSuperseded(operation, details) : new Set<CachedRecord>();
    const missing = details.filter(({ detail }) => !served.has(detail));
    if (missing.length > 0)
      operation.explanation?.doubt(
        `Which ${table.definition.typeName} records belong is known once they are read.`,
      );
    await makeReads(
      tools,
      operation,
      missing,
      memberPurpose(table.definition, query.referringTo?.relation, query.decidingSummaryFields),
    );
  }

  /** The check of the table's present version. */
  function completeness(operation: Operation, table: Table): Completeness {
    let checks = completenessChecks.get(operation);
    if (!checks) {
      checks = new Map();
      completenessChecks.set(operation, checks);
    }
    const previous = checks.get(table);
    if (previous?.version === table.version) return previous;
    const check = checkCompleteness(table, operation);
    checks.set(table, check);
    return check;
  }

  function membersOf(operation: Operation, table: Table, query: MemberQuery): Members {
    const { referringTo, needsDetails } = query;
    const candidates = referringTo
      ? table.referringTo(referringTo.relation, referringTo.parents)
      : table.listed;
    const asOf = needsDetails ? table.indexAsOf() : table.listAt;
    noteMembers(operation, table, query);
    operation.explanation?.lists.add(table.kind);
    const { malformedEntries } = table;
    const result = (
      records: readonly CachedRecord[],
      failedReads: FailedReads,
      unplacedReads: FailedReads = [],
    ): Members => ({ records, asOf, failedReads, unplacedReads, malformedEntries });
    if (!needsDetails) return result(candidates, []);
    const exclusion = exclusionOf(operation, table, query);
    const { excluded, failedReads } = exclusion;
    if (excluded.size === 0) return result(candidates, failedReads);
    const getIncluded = () => candidates.filter((record) => !excluded.has(record));
    if (referringTo) {
      const { relation, parents } = referringTo;
      const placed = placedIn(exclusion, table, relation);
      return result(getIncluded(), placed.under(parents), placed.unplaced);
    }
    exclusion.included ??= getIncluded();
    return result(exclusion.included, failedReads);
  }

  /** The records that are left out where details decide. */
  function exclusionOf(operation: Operation, table: Table, query: MemberQuery): Exclusion {
    const { referringTo, decidingDetailFields = [] } = query;
    const relationField = referringTo && table.definition.relations[referringTo.relation]?.field;
    return completeness(operation, table).getExclusion(
      relationField ? [relationField, ...decidingDetailFields] : decidingDetailFields,
    );
  }

  return {
    /** Finds the candidates of a connection; without a promise if nothing has to be read. */
    findMembers(operation: Operation, query: MemberQuery): Members | Promise<Members> {
      const table = store.tables[query.kind];
      if (query.needsDetails) operation.noteDetails(query.kind, operation.indexCutoff);
      return isKnown(operation, table, query)
        ? membersOf(operation, table, query)
        : read(operation, table, query);
    },

    /**
     * The members behind a reverse edge, for all parents at once. Undefined if something has to be read, or if records
     * are left out that may belong: `findMembers` tells of them.
     */
    findMembersBelow(operation: Operation, kind: Kind, relation: string): MembersBelow | undefined {
      const table = store.tables[kind];
      const query = { kind, needsDetails: true, referringTo: { relation, parents: [] } };
      if (table.malformedEntries > 0 || !isKnown(operation, table, query)) return undefined;
      const { excluded, failedReads } = exclusionOf(operation, table, query);
      if (failedReads.length > 0) return undefined;
      operation.noteDetails(kind, operation.indexCutoff);
      const { asOf } = membersOf(operation, table, query);
      return createMembersBelow(table, relation, excluded, asOf);
    },
    readList,

    /** Whether connections of a kind need no reads to know what belongs to them. */
    isComplete(operation: Operation, kind: Kind): boolean {
      const table = store.tables[kind];
      const isListKnown = table.isListKnown(listCutoff(operation, table));
      return isListKnown && completeness(operation, table).missing.length === 0;
    },
  };
}

export type MemberFinder = ReturnType<typeof createMemberFinder>;
