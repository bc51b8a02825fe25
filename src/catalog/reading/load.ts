import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import {
  type DetailRead,
  findRequested,
  isSatisfied,
  type PlannedRead,
  planReads,
  type ReadRequest,
} from "../operation/read-plan.ts";
import { type Purpose, RECORD_PURPOSE, readReason } from "../operation/read-reason.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind, Relation } from "../record/kind.ts";
import { DETAIL, NEVER } from "../record/source.ts";
import type { Reader } from "../shared-read/reader.ts";
import { type Store, typeNameOf } from "../store/store.ts";
import type { Readiness } from "./readiness.ts";

/**
 * Creates functions that wait for the warm-up instead of reading what it is about to read anyway. They return undefined
 * if there is nothing to wait for, and throw CATALOG_WARMING at the operation's deadline. `readiness` is undefined
 * without a warm-up.
 */
export function createWarmUpWait(store: Store, reader: Reader, readiness: Readiness | undefined) {
  /** Waits if more details of a connection's records are missing than the operation may read. */
  function forDetails(operation: Operation, records: readonly CachedRecord[]) {
    if (records.length <= operation.remainingCalls || operation.explanation?.isDry) return undefined;
    const missing = records.flatMap((detail) => {
      const cutoff = operation.cutoffOf(detail, operation.connectionCutoff);
      return detail.asOf(DETAIL) > cutoff || detail.isGone(cutoff) ? [] : [{ detail, cutoff }];
    });
    if (!isOverBudget(reader, operation, missing)) return undefined;
    return readiness?.waitForRecords(
      missing.map(({ detail }) => detail),
      operation,
    );
  }

  return {
    /** Whether there is no warm-up to wait for. */
    get isOver(): boolean {
      return readiness?.isAllWarm() ?? true;
    },

    /** Waits for all records of a kind. */
    forKind(operation: Operation, kind: Kind): Promise<void> | undefined {
      return operation.explanation?.isDry ? undefined : readiness?.waitForKind(kind, operation);
    },
    forDetails,

    /** Like `forDetails`, for the known records that these refer to. */
    forReferred(
      operation: Operation,
      records: readonly CachedRecord[],
      { to, idOf }: Relation,
    ): Promise<void> | undefined {
      const referred = new Set<CachedRecord>();
      for (const { value } of records) {
        const id = idOf(value);
        if (id == null) continue;
        const record = to.length === 1 ? store.tables[to[0]].get(id) : store.findRentalObject(id);
        if (record) referred.add(record);
      }
      return forDetails(operation, [...referred]);
    },
  };
}

interface ReadTools {
  readonly store: Store;
  readonly reader: Reader;
}

/**
 * Makes planned reads in parallel. A read in progress is joined and costs no call. A dry run (`@explain`) notes the
 * calls instead of making them. Throws CALL_BUDGET_EXCEEDED before any call if the operation may not make so many, and
 * `stopReason` if it stops meanwhile.
 */
export async function makeReads(
  tools: ReadTools,
  operation: Operation,
  reads: readonly PlannedRead[],
  purpose: Purpose,
): Promise<void> {
  const { reader } = tools;
  const newReads = findNewReads(tools, operation, reads);
  operation.reserveCalls(
    newReads.length,
    newReads.flatMap((read) => ("detail" in read ? [read.detail] : [])),
  );
  const { explanation } = operation;
  if (explanation) for (const read of newReads) noteCall(tools.store, operation, read, purpose);
  if (explanation?.isDry) return explanation.answer();
  const pending = reads.map((read) => {
    const since = operation.failuresSince(read.cutoff);
    return "list" in read
      ? reader.readList(read.list, read.cutoff, since, operation)
      : reader.readDetail(read.detail, read.cutoff, since, operation);
  });
  await operation.waitFor(Promise.all(pending));
}

function findNewReads(
  { store, reader }: ReadTools,
  { explanation }: Operation,
  reads: readonly PlannedRead[],
): readonly PlannedRead[] {
  const newReads = reads.filter((read) =>
    "list" in read ? !reader.isReadingList(read.list) : !reader.isReadingDetail(read.detail),
  );
  if (!explanation?.isDry) return newReads;
  if (newReads.length < reads.length)
    explanation.doubt("Other queries are already reading some of this data; this query waits for them.");
  if (reader.downFor() !== undefined)
    explanation.doubt("Alma cannot be reached just now: calls may fail without being made.");
  return reads
    .filter((read) => explanation.assumeRead(store, read))
    .filter((read) => newReads.includes(read));
}

/** Notes a call in the operation's explanation, with what makes the number of further calls uncertain. */
function noteCall(store: Store, operation: Operation, read: PlannedRead, purpose: Purpose) {
  const { explanation } = operation;
  const reason = readReason(store, operation, read);
  if ("list" in read) {
    const name = typeNameOf(read.list);
    explanation?.calls.push({ read: "LIST", kind: read.list, why: `${purpose.list}: ${reason}.` });
    explanation?.doubt(`The list of ${name} is read first, to know its records and their fields.`);
    return;
  }
  const { detail } = read;
  explanation?.calls.push({
    read: "DETAIL",
    kind: detail.kind,
    why: `${purpose.detail}: ${reason}.`,
    record: detail,
  });
  if (!detail.hasBeenSeen || detail.goneAt > detail.detailAt)
    explanation?.doubt(
      `The gateway does not know whether Alma has every ${typeNameOf(detail.kind)} that the query names or leads to.`,
    );
}

/** Returns whether reading these details takes more calls than an operation has left. Joining a read costs none. */
export function isOverBudget(reader: Reader, operation: Operation, reads: readonly DetailRead[]): boolean {
  const newReads = reads.filter(({ detail }) => !reader.isReadingDetail(detail));
  return newReads.length > operation.remainingCalls;
}

/**
 * Serves superseded details instead of reading them, if there are too many to read, so that no query fails because the
 * refresh lags. That concerns only reads that accept any age (cut-off NEVER). Returns the records served this way; they
 * stay so until the refresh reads them. A dry run changes none of them.
 */
export function serveSuperseded(
  { explanation }: Operation,
  reads: readonly DetailRead[],
): ReadonlySet<CachedRecord> {
  const ofAnyAge = reads.filter(({ cutoff }) => cutoff === NEVER).map(({ detail }) => detail);
  const isServed = (cached: CachedRecord) =>
    explanation?.isDry ? cached.canServeSuperseded : cached.serveSuperseded();
  return new Set(ofAnyAge.filter(isServed));
}

/** The result of a request: the record, `undefined` if Alma has none, or the error. */
export type ReadOutcome = CachedRecord | undefined | AlmaError;

/**
 * The maximum number of rounds. Up to three are needed: the lists, then the details of unlisted records, first as rooms
 * and then as units. Further ones repeat reads whose data a write or list has made stale meanwhile.
 */
const MAX_ROUNDS = 8;

/**
 * Reads the records that an operation requests in one step, with the fewest calls. In rounds, it plans the reads for
 * all requests that are still unmet, and makes them. If they are more than the operation may make, it waits for the
 * warm-up that is reading the same records, or else serves superseded details. All outcomes are returned together, in
 * the order of the requests, so that the requests of the next step form one batch too.
 */
export async function load(
  store: Store,
  reader: Reader,
  operation: Operation,
  requests: readonly ReadRequest[],
  readiness?: Readiness,
): Promise<ReadOutcome[]> {
  const { explanation } = operation;
  const tools = { store, reader };
  const isOpen = (request: ReadRequest) =>
    !isSatisfied(store, request) && !explanation?.meets(store, request);
  let unmet = requests.filter(isOpen);
  for (let round = 0; unmet.length > 0 && !operation.stopReason && round < MAX_ROUNDS; round++) {
    if (round > 0) explanation?.doubt("Some reads depend on the results of others.");
    const reads = planReads(store, unmet);
    const notedCalls = explanation?.calls.length;
    const details = reads.filter((read) => "detail" in read);
    if (!isOverBudget(reader, operation, details)) await readPlanned(tools, operation, reads);
    else {
      const records = details.map(({ detail }) => detail);
      const warmUpDone = readiness?.waitForRecords(records, operation);
      if (warmUpDone) await warmUpDone;
      else {
        const served = serveSuperseded(operation, details);
        const others = reads.filter((read) => "list" in read || !served.has(read.detail));
        await readPlanned(tools, operation, others);
      }
      if (explanation?.isDry) for (const read of details) explanation.assumeRead(store, read);
    }
    if (explanation?.isDry && explanation.calls.length === notedCalls) break;
    // A write or list may have made data of an earlier round stale.
    unmet = requests.filter((request) => isOpen(request) && !findFailure(store, operation, request));
  }
  return requests.map((request) => toOutcome(store, operation, request));
}

async function readPlanned(tools: ReadTools, operation: Operation, reads: readonly PlannedRead[]) {
  // If the operation stops, each request is answered with the data read until then.
  await makeReads(tools, operation, reads, RECORD_PURPOSE).catch((error) => {
    if (error !== operation.stopReason || error === operation.failure) throw error;
  });
}

/** Returns why the reads for a request failed, if they did. */
function findFailure(store: Store, operation: Operation, request: ReadRequest) {
  const since = operation.failuresSince(request.cutoff);
  const cached = findRequested(store, request);
  const isListEnough = request.level !== DETAIL;
  if (cached)
    return (
      cached.failureSince(since) ??
      (isListEnough ? findListFailure(store, cached.kind, request, since) : undefined)
    );
  if (!("rentalObject" in request.record)) return undefined;
  const { unit, room } = store.tables;
  const id = request.record.rentalObject;
  return (
    room.get(id)?.failureSince(since) ??
    unit.get(id)?.failureSince(since) ??
    findListFailure(store, "unit", request, since) ??
    (isListEnough ? findListFailure(store, "room", request, since) : undefined)
  );
}

function findListFailure(store: Store, kind: CachedRecord["kind"], request: ReadRequest, since: number) {
  const { listFailure } = store.tables[kind];
  const isKnown = store.tables[kind].isListKnown(request.cutoff);
  return !isKnown && listFailure && listFailure.at > since ? listFailure.error : undefined;
}

function toOutcome(store: Store, operation: Operation, request: ReadRequest): ReadOutcome {
  const cached = findRequested(store, request);
  noteOutcome(store, operation, request, cached);
  if (isSatisfied(store, request)) return cached?.isGone(request.cutoff) ? undefined : cached;
  const error = findFailure(store, operation, request) ?? operation.stopReason;
  const { record } = request;
  // A dry run assumes that the record is as currently known.
  if (operation.explanation?.isDry && !error)
    return "rentalObject" in record ? store.findUnlistedObject(record.rentalObject) : record;
  if (
    cached &&
    operation.serveStale &&
    cached.asOf(request.level) > NEVER &&
    (!error || isUnreachable(error))
  )
    return cached;
  const message = `Alma's answers about ${cached?.key ?? "a rental object"} contradict each other. Try again.`;
  return error ?? new AlmaError("ALMA_BAD_ANSWER", message);
}

/** Notes what the answer depends on: the record, or that the id is neither a unit's nor a room's. */
function noteOutcome(
  store: Store,
  operation: Operation,
  { record, level, cutoff }: ReadRequest,
  cached: CachedRecord | undefined,
) {
  if ("rentalObject" in record) operation.noteRentalObject(cached);
  if (cached) operation.noteRecord(cached, level, cutoff);
  else if ("rentalObject" in record)
    for (const kind of ["unit", "room"] as const) {
      const absent = store.tables[kind].get(record.rentalObject);
      if (absent) operation.noteRecord(absent, level, cutoff);
    }
}

/**
 * Returns whether an operation gets stale data instead of this error. Its answer is then not cached, since the next
 * operation must try to reach Alma.
 */
export function servesStale(operation: Operation, error: AlmaError): boolean {
  const isServed = operation.serveStale && isUnreachable(error);
  if (isServed) operation.basis.refuse();
  return isServed;
}

/** Returns whether an error means that Alma could not be reached. Other errors come from its answers. */
export function isUnreachable(error: AlmaError): boolean {
  return ["ALMA_UNAVAILABLE", "ALMA_THROTTLED", "DEADLINE_EXCEEDED"].includes(error.code);
}
