import { AlmaError } from "../../alma/index.ts";
import type { Reader } from "../shared-read/reader.ts";
import { type CachedRecord, SUMMARY } from "../store/cached-record.ts";
import type { Kind } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { Completeness } from "./completeness.ts";
import type { FailedReads } from "./failed-reads.ts";
import { servesStale } from "./load.ts";
import type { Operation } from "./operation.ts";
import type { Readiness } from "./readiness.ts";
import { isOverBudget, serveSuperseded } from "./serve-superseded.ts";

/** Which records a connection chooses from, and what decides the choice. */
export interface MemberQuery {
  readonly kind: Kind;
  /** Behind a reverse edge: the parents (mostly one), and the relation by which the members refer to them. */
  readonly referringTo?: { readonly relation: string; readonly parents: readonly number[] };
  /** Whether details decide membership or order; always so behind a reverse edge. */
  readonly needsDetails: boolean;
  /** Fields of the list that decide, if `needsDetails` is false. If a list entry lacks one, the detail is read. */
  readonly decidingSummaryFields?: readonly string[];
  /** Fields of details that decide. If one of them could not be decoded, the record is undecidable. */
  readonly decidingDetailFields?: readonly string[];
  /** Whether the list itself is the answer, so that the connection's cut-off applies to it, and not the index's. */
  readonly needsFreshList?: boolean;
}

/** The candidates, the highest id first, and what the choice from them rests on. */
export interface Members {
  readonly records: readonly CachedRecord[];
  /** When the oldest reading behind membership, order and absence was made. */
  readonly asOf: number;
  /**
   * Listed records that are undecidable, since a field that decides could not be read. Behind a reverse edge, those
   * that referred to one of the parents when they were last read.
   */
  readonly failedReads: FailedReads;
  /** Behind a reverse edge: undecidable records that may refer to any parent, since they were never read. */
  readonly unplacedReads: FailedReads;
  /** How many entries of the list had no usable id. */
  readonly malformedEntries: number;
}

/** A write or a newer list can make a detail stale while others are read. It is read again, up to this often. */
const MAX_ROUNDS = 8;

const NO_FIELDS: readonly string[] = [];

/**
 * Finds the candidates of connections: at once, without a promise, if everything is known. Else it reads the list and
 * the missing details, or waits for the warm-up that is reading them.
 */
export class MemberFinder {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #readiness: Readiness | undefined;
  /** By operation and table: 100 reverse edges check a table once. */
  readonly #completenessChecks = new WeakMap<Operation, Map<Table, Completeness>>();
  /** By operation and table: 100 reverse edges wait for its missing details once. */
  readonly #pendingReads = new WeakMap<Operation, Map<Table, Promise<void>>>();

  constructor(store: Store, reader: Reader, readiness?: Readiness) {
    this.#store = store;
    this.#reader = reader;
    this.#readiness = readiness;
  }

  findMembers(operation: Operation, query: MemberQuery): Members | Promise<Members> {
    const table = this.#store.tables[query.kind];
    const isKnown =
      table.isListKnown(listCutoff(operation, table, query)) &&
      (query.needsDetails
        ? this.#completeness(operation, table).missing.length === 0
        : findUndecided(operation, table, query).length === 0);
    return isKnown ? this.#members(operation, table, query) : this.#read(operation, table, query);
  }

  async #read(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const warmUpDone = query.needsDetails && this.#readiness?.waitForKind(table.kind, operation);
    if (warmUpDone) await warmUpDone;
    operation.throwIfStopped();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.readList(operation, table.kind, listCutoff(operation, table, query));
      if (!query.needsDetails) return this.#readUndecided(operation, table, query);
      await this.#readDetails(operation, table);
      if (this.#completeness(operation, table).missing.length === 0)
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
    await this.#readRecords(operation, findMissing());
    const since = operation.failuresSince(operation.indexCutoff);
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
    const table = this.#store.tables[kind];
    if (table.isListKnown(cutoff)) return;
    if (!this.#reader.isReadingList(kind)) operation.reserveCalls(1);
    const since = operation.failuresSince(cutoff);
    await operation.waitFor(this.#reader.readList(kind, cutoff, since, operation));
    if (table.isListKnown(cutoff)) return;
    const error = table.listFailure?.error;
    if (error && !(table.listed.length > 0 && servesStale(operation, error))) throw error;
  }

  #readDetails(operation: Operation, table: Table): Promise<void> {
    const pending = this.#pendingReads.get(operation) ?? new Map<Table, Promise<void>>();
    this.#pendingReads.set(operation, pending);
    let read = pending.get(table);
    if (!read) {
      read = this.#readMissing(operation, table).finally(() => pending.delete(table));
      pending.set(table, read);
    }
    return read;
  }

  async #readMissing(operation: Operation, table: Table): Promise<void> {
    await this.#readRecords(operation, this.#completeness(operation, table).missing);
    const { failedReads } = this.#completeness(operation, table);
    // A record that cannot be read is left out. If none can be read, nothing is left to choose from.
    const [first] = failedReads;
    if (first && failedReads.length === table.listed.length) throw first.error;
  }

  async #readRecords(operation: Operation, unknown: readonly CachedRecord[]): Promise<void> {
    const cutoff = operation.indexCutoff;
    const details = unknown.map((detail) => ({ detail, cutoff }));
    const isTooMany = isOverBudget(this.#reader, operation, details);
    const served = isTooMany ? serveSuperseded(details) : new Set<CachedRecord>();
    const missing = unknown.filter((record) => !served.has(record));
    const newReads = missing.filter((record) => !this.#reader.isReadingDetail(record));
    operation.reserveCalls(newReads.length, newReads);
    const since = operation.failuresSince(cutoff);
    const reads = missing.map((record) => this.#reader.readDetail(record, cutoff, since, operation));
    await operation.waitFor(Promise.all(reads));
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
    const { referringTo, needsDetails, decidingDetailFields = NO_FIELDS } = query;
    const candidates = referringTo
      ? table.referringTo(referringTo.relation, referringTo.parents)
      : table.listed;
    const asOf = needsDetails ? table.indexAsOf() : table.listAt;
    noteMembers(operation, table, query, asOf);
    const base = { asOf, malformedEntries: table.malformedEntries, unplacedReads: [] };
    if (!needsDetails) return { ...base, records: candidates, failedReads: [] };
    const relationField = referringTo && table.definition.relations[referringTo.relation]?.field;
    const completeness = this.#completeness(operation, table);
    const exclusion = completeness.getExclusion(
      relationField ? [relationField, ...decidingDetailFields] : decidingDetailFields,
    );
    const { excluded, failedReads } = exclusion;
    if (excluded.size === 0) return { ...base, records: candidates, failedReads };
    const getIncluded = () => candidates.filter((record) => !excluded.has(record));
    if (referringTo) {
      const { relation, parents } = referringTo;
      const placed = completeness.placeFailedReads(exclusion, relation);
      const failedHere = placed.under(parents);
      return { ...base, records: getIncluded(), failedReads: failedHere, unplacedReads: placed.unplaced };
    }
    exclusion.included ??= getIncluded();
    return { ...base, records: exclusion.included, failedReads };
  }
}

/** The cut-off of the list. While reads of the list fail, background work does not maintain it. */
function listCutoff(operation: Operation, table: Table, { needsFreshList = false }: MemberQuery): number {
  const cutoff = needsFreshList ? operation.connectionCutoff : operation.indexCutoff;
  return table.listFailure ? Math.max(cutoff, operation.unmaintainedCutoff) : cutoff;
}

/** Notes that an answer rests on the members of a table as they are now, the oldest of which was read at `asOf`. */
function noteMembers(operation: Operation, table: Table, query: MemberQuery, asOf: number): void {
  const { basis, indexCutoff, startedAt } = operation;
  basis.noteKind(table.kind);
  basis.noteEnd(table.listAt, startedAt - listCutoff(operation, table, query));
  if (query.needsDetails) operation.noteReading(asOf, indexCutoff);
  else operation.noteReading(asOf, listCutoff(operation, table, query));
  if (query.needsDetails || indexCutoff === NEVER) return;
  for (const field of decidingFields(table, query))
    for (const record of table.listed) basis.noteEnd(record.asOf(SUMMARY, field), startedAt - indexCutoff);
}

/** The fields of the list that decide. */
function decidingFields(
  { definition }: Table,
  { decidingSummaryFields = NO_FIELDS }: MemberQuery,
): readonly string[] {
  const summary: readonly string[] = definition.summaryFields;
  return decidingSummaryFields.filter((field) => summary.includes(field));
}

/** Listed records of which a field that decides is unknown or stale. */
function findUndecided({ indexCutoff }: Operation, table: Table, query: MemberQuery): CachedRecord[] {
  const { listedStates } = table;
  const fields = decidingFields(table, query);
  if (fields.length === 0) return [];
  // What a detail shows, no list entry has to show.
  const unread = [...listedStates.notReadSince(indexCutoff), ...listedStates.gone];
  return unread
    .filter(
      (record) =>
        fields.some((field) => !(record.asOf(SUMMARY, field) > indexCutoff)) && !record.isGone(indexCutoff),
    )
    .sort((one, other) => other.id - one.id);
}
