import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, SUMMARY } from "../store/cached-record.ts";
import type { Kind } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { Completeness, type FailedReads } from "./completeness.ts";
import { isUnreachable } from "./load.ts";
import type { Operation } from "./operation.ts";
import type { Reader } from "./reader.ts";
import type { Readiness } from "./readiness.ts";
import { serveSuperseded } from "./serve-superseded.ts";

/** Which records a connection has to choose from. */
export interface MemberQuery {
  readonly kind: Kind;
  /** The parents of a reverse edge (one, mostly), and the link by which the members refer to them. */
  readonly referringTo?: { readonly relation: string; readonly parents: readonly number[] };
  /** Whether their details decide who belongs, or in what order: always so under a parent. */
  readonly needsDetails: boolean;
  /** The fields of their list that decide otherwise: where it leaves one open, that record's detail is read. */
  readonly decidingSummaryFields?: readonly string[];
  /** Fields of their details that decide something else: of whom Alma answered one unreadably, nobody can say it. */
  readonly decidingDetailFields?: readonly string[];
  /** Whether the list itself is the answer, so that it has to be as young as its records, and not only as the index. */
  readonly needsFreshList?: boolean;
}

/** A list that fails is not kept young, whatever becomes of the others. */
function listCutoff(operation: Operation, table: Table, { needsFreshList = false }: MemberQuery): number {
  const cutoff = needsFreshList ? operation.connectionCutoff : operation.indexCutoff;
  return table.listFailure ? Math.max(cutoff, operation.unmaintainedCutoff) : cutoff;
}

/** The candidates, newest first, and what their choice rests on. */
export interface Members {
  readonly records: readonly CachedRecord[];
  /** The oldest reading behind membership, order and absence. */
  readonly asOf: number;
  /** Listed records whose details could not be read, so that nobody can say whether they belong; with a reason. */
  readonly failedReads: FailedReads;
  /** Entries of the list that had no usable id. */
  readonly malformedEntries: number;
}

const MAX_ROUNDS = 8;

const noFields: readonly string[] = [];

/**
 * Finds the candidates of connections. When everything is known it answers at once, without a promise; else the list
 * and the details that are missing are read, at the operation's expense unless a warm-up is reading them.
 */
export class MemberFinder {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #readiness: Readiness | undefined;
  /** Per operation and table: 100 reverse edges look through the table once. */
  readonly #completenessChecks = new WeakMap<Operation, Map<Table, Completeness>>();
  /** Details being read per operation and table: 100 reverse edges wait for them as one. */
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
    // What was read may have been overtaken when all of it is there: by a write, or by a newer list.
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

  /** Reads what the list has left open, and leaves out whom nobody knows. */
  async #readUndecided(operation: Operation, table: Table, query: MemberQuery): Promise<Members> {
    const findMissing = () => findUndecided(operation, table, query);
    const warmUpDone = findMissing().length > 0 && this.#readiness?.waitForKind(table.kind, operation);
    if (warmUpDone) await warmUpDone;
    await this.#readRecords(operation, findMissing());
    const since = operation.failuresSince(operation.indexCutoff);
    const failedReads = findMissing().flatMap((record) => {
      const error = record.failureSince(since);
      return error && !(operation.serveStale && isUnreachable(error)) ? [{ record, error }] : [];
    });
    const excluded = new Set(failedReads.map(({ record }) => record));
    const members = this.#members(operation, table, query);
    return excluded.size === 0
      ? members
      : { ...members, records: members.records.filter((record) => !excluded.has(record)), failedReads };
  }

  /** Reads the list of a kind, unless it is known as of a time after `cutoff`. Throws AlmaError. */
  async readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    const table = this.#store.tables[kind];
    if (table.isListKnown(cutoff)) return;
    if (!this.#reader.isReadingList(kind)) operation.reserveCalls(1);
    const since = operation.failuresSince(cutoff);
    await operation.waitFor(this.#reader.readList(kind, cutoff, since, operation));
    if (table.isListKnown(cutoff)) return;
    const error = table.listFailure?.error;
    if (error && !(operation.serveStale && isUnreachable(error) && table.listed.length > 0)) throw error;
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
    // One broken record costs itself; when none can be read there is nothing to choose from.
    const [first] = failedReads;
    if (first && failedReads.length === table.listed.length) throw first.error;
  }

  async #readRecords(operation: Operation, unknown: readonly CachedRecord[]): Promise<void> {
    const notUnderWay = (records: readonly CachedRecord[]) =>
      records.filter((record) => !this.#reader.isReadingDetail(record));
    const isOverBudget =
      operation.indexCutoff === NEVER && notUnderWay(unknown).length > operation.remainingCalls;
    const superseded = serveSuperseded(this.#store, isOverBudget ? unknown : []);
    const missing = unknown.filter((record) => !superseded.has(record));
    const newReads = notUnderWay(missing);
    operation.reserveCalls(newReads.length, newReads);
    const since = operation.failuresSince(operation.indexCutoff);
    const reads = missing.map((record) =>
      this.#reader.readDetail(record, operation.indexCutoff, since, operation),
    );
    await operation.waitFor(Promise.all(reads));
  }

  /** Counted once per operation and version. */
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

  #members(
    operation: Operation,
    table: Table,
    { referringTo, needsDetails, decidingDetailFields = noFields }: MemberQuery,
  ): Members {
    const candidates = referringTo
      ? table.referringTo(referringTo.relation, referringTo.parents)
      : table.listed;
    const asOf = needsDetails ? table.indexAsOf() : table.listAt;
    operation.noteReading(asOf);
    const base = { asOf, malformedEntries: table.malformedEntries };
    if (!needsDetails) return { ...base, records: candidates, failedReads: [] };
    const relationField = referringTo && table.definition.relations[referringTo.relation]?.field;
    const exclusion = this.#completeness(operation, table).getExclusion(
      relationField ? [relationField, ...decidingDetailFields] : decidingDetailFields,
    );
    const { excluded, failedReads } = exclusion;
    if (excluded.size === 0) return { ...base, records: candidates, failedReads };
    const getIncluded = () => candidates.filter((record) => !excluded.has(record));
    if (referringTo) return { ...base, records: getIncluded(), failedReads };
    exclusion.included ??= getIncluded();
    return { ...base, records: exclusion.included, failedReads };
  }
}

/** Listed records of which neither the list nor a detail tells what decides. */
function findUndecided(
  { indexCutoff }: Operation,
  { definition, listed }: Table,
  { decidingSummaryFields = [] }: MemberQuery,
): CachedRecord[] {
  const summary: readonly string[] = definition.summaryFields;
  const fields = decidingSummaryFields.filter((field) => summary.includes(field));
  if (fields.length === 0) return [];
  return listed.filter(
    (record) =>
      fields.some((field) => !(record.asOf(SUMMARY, field) > indexCutoff)) && !record.isGone(indexCutoff),
  );
}
