import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import { LIST_PURPOSE, memberPurpose } from "../operation/read-reason.ts";
import type { Readiness } from "../readiness/readiness.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { Completeness, type Exclusion } from "./completeness.ts";
import type { FailedReads } from "./failed-reads.ts";
import { servesStale } from "./load.ts";
import { makeReads, type ReadTools } from "./make-reads.ts";
import { findUndecided, listCutoff, type MemberQuery, type Members, noteMembers } from "./member-query.ts";
import { MembersBelow } from "./members-below.ts";
import { isOverBudget, serveSuperseded } from "./serve-superseded.ts";

/** A write or a newer list can make a detail stale while others are read. It is read again, up to this often. */
const MAX_ROUNDS = 8;

const NO_FIELDS: readonly string[] = [];

/**
 * Finds the candidates of connections: at once, without a promise, if everything is known. Else it reads the list and
 * the missing details, or waits for the warm-up that is reading them.
 */
export class MemberFinder {
  readonly #tools: ReadTools;
  readonly #readiness: Readiness | undefined;
  /** By operation and table: 100 reverse edges check a table once. */
  readonly #completenessChecks = new WeakMap<Operation, Map<Table, Completeness>>();
  /** By operation and table: 100 reverse edges wait for its missing details once. */
  readonly #pendingReads = new WeakMap<Operation, Map<Table, Promise<void>>>();

  constructor(store: Store, reader: Reader, readiness?: Readiness) {
    this.#tools = { store, reader };
    this.#readiness = readiness;
  }

  findMembers(operation: Operation, query: MemberQuery): Members | Promise<Members> {
    const table = this.#tools.store.tables[query.kind];
    if (query.needsDetails) operation.noteDetails(query.kind, operation.indexCutoff);
    const isKnown = this.#isKnown(operation, table, query);
    return isKnown ? this.#members(operation, table, query) : this.#read(operation, table, query);
  }

  /**
   * The members behind a reverse edge, for all parents at once. Undefined if something has to be read, or if records
   * are left out that may belong: `findMembers` tells of them.
   */
  findMembersBelow(operation: Operation, kind: Kind, relation: string): MembersBelow | undefined {
    const table = this.#tools.store.tables[kind];
    const query = { kind, needsDetails: true, referringTo: { relation, parents: [] } };
    if (table.malformedEntries > 0 || !this.#isKnown(operation, table, query)) return undefined;
    const { excluded, failedReads } = this.#exclusion(operation, table, query);
    if (failedReads.length > 0) return undefined;
    operation.noteDetails(kind, operation.indexCutoff);
    const { asOf } = this.#members(operation, table, query);
    return new MembersBelow(table, relation, excluded, asOf);
  }

  /** Whether nothing has to be read for a query. */
  #isKnown(operation: Operation, table: Table, query: MemberQuery): boolean {
    if (!table.isListKnown(listCutoff(operation, table))) return false;
    return query.needsDetails
      ? this.#completeness(operation, table).missing.length === 0
      : findUndecided(operation, table, query).length === 0;
  }

  async #read(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const isDry = operation.explanation?.isDry === true;
    const warmUpDone = query.needsDetails && this.#readiness?.waitForKind(table.kind, operation);
    if (warmUpDone) await warmUpDone;
    if (warmUpDone && isDry) return this.#members(operation, table, query);
    operation.throwIfStopped();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.readList(operation, table.kind, listCutoff(operation, table));
      if (!query.needsDetails) return this.#readUndecided(operation, table, query);
      await this.#readDetails(operation, table, query);
      if (isDry || this.#completeness(operation, table).missing.length === 0)
        return this.#members(operation, table, query);
    }
    const { typeName } = table.definition;
    throw new AlmaError(
      "ALMA_UNAVAILABLE",
      `Records of type ${typeName} change faster than they can be read. Try again in a moment.`,
    );
  }

  /** Reads the details of records whose list entries lack a field that decides. Records that fail are left out. */
  async #readUndecided(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const findMissing = () => findUndecided(operation, table, query);
    const warmUpDone = findMissing().length > 0 && this.#readiness?.waitForKind(table.kind, operation);
    if (warmUpDone) await warmUpDone;
    const isLeftToWarmUp = warmUpDone && operation.explanation?.isDry;
    if (!isLeftToWarmUp) await this.#readRecords(operation, table, query, findMissing());
    const since = operation.failuresSince(operation.cutoffOf(table.kind, operation.indexCutoff));
    const failedReads = findMissing().flatMap((record) => {
      const error = record.failureSince(since);
      return error && !servesStale(operation, error) ? [{ record, error }] : [];
    });
    const excluded = new Set(failedReads.map(({ record }) => record));
    const members = this.#members(operation, table, query);
    return excluded.size === 0
      ? members
      : { ...members, records: members.records.filter((record) => !excluded.has(record)), failedReads };
  }

  /** Reads the list of a kind, unless it was read after `cutoff`. Throws AlmaError. */
  async readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    const table = this.#tools.store.tables[kind];
    if (table.isListKnown(cutoff)) return;
    await makeReads(this.#tools, operation, [{ list: kind, cutoff }], LIST_PURPOSE);
    if (table.isListKnown(cutoff) || operation.explanation?.isDry) return;
    const error = table.listFailure?.error;
    if (error && !(table.listed.length > 0 && servesStale(operation, error))) throw error;
  }

  #readDetails(operation: Operation, table: Table, query: MemberQuery): Promise<void> {
    const pending = this.#pendingReads.get(operation) ?? new Map<Table, Promise<void>>();
    this.#pendingReads.set(operation, pending);
    let read = pending.get(table);
    if (!read) {
      read = this.#readMissing(operation, table, query).finally(() => pending.delete(table));
      pending.set(table, read);
    }
    return read;
  }

  async #readMissing(operation: Operation, table: Table, query: MemberQuery): Promise<void> {
    await this.#readRecords(operation, table, query, this.#completeness(operation, table).missing);
    const { failedReads } = this.#completeness(operation, table);
    // A record that cannot be read is left out. If none can be read, nothing is left to choose from.
    const [first] = failedReads;
    if (first && failedReads.length === table.listed.length) throw first.error;
  }

  async #readRecords(
    operation: Operation,
    table: Table,
    query: MemberQuery,
    unknown: readonly CachedRecord[],
  ): Promise<void> {
    const cutoff = operation.cutoffOf(table.kind, operation.indexCutoff);
    const details = unknown.map((detail) => ({ detail, cutoff }));
    const isTooMany = isOverBudget(this.#tools.reader, operation, details);
    const served = isTooMany ? serveSuperseded(operation, details) : new Set<CachedRecord>();
    const missing = details.filter(({ detail }) => !served.has(detail));
    if (missing.length > 0)
      operation.explanation?.doubt(
        `Which ${table.definition.typeName} records belong is known once they are read.`,
      );
    await makeReads(
      this.#tools,
      operation,
      missing,
      memberPurpose(table.definition, query.referringTo?.relation, query.decidingSummaryFields),
    );
  }

  /** Whether connections of a kind need no reads to know what belongs to them. */
  isComplete(operation: Operation, kind: Kind): boolean {
    const table = this.#tools.store.tables[kind];
    const isListKnown = table.isListKnown(listCutoff(operation, table));
    return isListKnown && this.#completeness(operation, table).missing.length === 0;
  }

  /** The check of the table's present version. */
  #completeness(operation: Operation, table: Table): Completeness {
    let checks = this.#completenessChecks.get(operation);
    if (!checks) {
      checks = new Map();
      this.#completenessChecks.set(operation, checks);
    }
    const previous = checks.get(table);
    if (previous?.version === table.version) return previous;
    const check = new Completeness(table, operation);
    checks.set(table, check);
    return check;
  }

  #members(operation: Operation, table: Table, query: MemberQuery): Members {
    const { referringTo, needsDetails } = query;
    const candidates = referringTo
      ? table.referringTo(referringTo.relation, referringTo.parents)
      : table.listed;
    const asOf = needsDetails ? table.indexAsOf() : table.listAt;
    noteMembers(operation, table, query, asOf);
    operation.explanation?.lists.add(table.kind);
    const { malformedEntries } = table;
    const membersOf = (
      records: readonly CachedRecord[],
      failedReads: FailedReads,
      unplacedReads: FailedReads = [],
    ): Members => ({ records, asOf, failedReads, unplacedReads, malformedEntries });
    if (!needsDetails) return membersOf(candidates, []);
    const exclusion = this.#exclusion(operation, table, query);
    const { excluded, failedReads } = exclusion;
    if (excluded.size === 0) return membersOf(candidates, failedReads);
    const getIncluded = () => candidates.filter((record) => !excluded.has(record));
    if (referringTo) {
      const { relation, parents } = referringTo;
      const placed = this.#completeness(operation, table).placeFailedReads(exclusion, relation);
      const failedHere = placed.under(parents);
      return membersOf(getIncluded(), failedHere, placed.unplaced);
    }
    exclusion.included ??= getIncluded();
    return membersOf(exclusion.included, failedReads);
  }

  /** The records that are left out where details decide. */
  #exclusion(operation: Operation, table: Table, query: MemberQuery): Exclusion {
    const { referringTo, decidingDetailFields = NO_FIELDS } = query;
    const relationField = referringTo && table.definition.relations[referringTo.relation]?.field;
    return this.#completeness(operation, table).getExclusion(
      relationField ? [relationField, ...decidingDetailFields] : decidingDetailFields,
    );
  }
}
