import { AlmaError } from "../../alma/index.ts";
import type { Reader } from "../shared-read/reader.ts";
import { type CachedRecord, DETAIL } from "../store/cached-record.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import type { Operation } from "./operation.ts";
import { findRequested, isMet, type PlannedRead, planReads, type ReadRequest } from "./read-plan.ts";
import type { Readiness } from "./readiness.ts";
import { isOverBudget, serveSuperseded } from "./serve-superseded.ts";

/** The result of a request: the record, `undefined` if Alma has none, or why it could not be read. */
export type Outcome = CachedRecord | undefined | AlmaError;

/**
 * The first rounds read lists, then details of records that no list names, as a room and then as a unit. Further
 * rounds repeat what a write or a list made stale meanwhile.
 */
const MAX_ROUNDS = 8;

/**
 * Reads what an operation requests with the fewest calls; the outcomes are in the order of the requests. All requests
 * are answered together, so that the requests that follow from them form one batch too. An operation that may not read
 * as many details as it needs waits for the warm-up that is reading them, if there is one.
 */
export async function load(
  store: Store,
  reader: Reader,
  operation: Operation,
  requests: readonly ReadRequest[],
  readiness?: Readiness,
): Promise<Outcome[]> {
  let unmet = requests.filter((request) => !isMet(store, request));
  for (let round = 0; unmet.length > 0 && !operation.stopReason && round < MAX_ROUNDS; round++) {
    const reads = planReads(store, unmet);
    const details = reads.filter((read) => "detail" in read);
    if (!isOverBudget(reader, operation, details)) await makeCalls(reads, reader, operation);
    else {
      const records = details.map(({ detail }) => detail);
      const warmUpDone = readiness?.waitForRecords(records, operation);
      await (warmUpDone ?? makeCalls(withoutServed(reads, serveSuperseded(details)), reader, operation));
    }
    unmet = unmet.filter((request) => !isMet(store, request) && !findFailure(store, operation, request));
  }
  return requests.map((request) => toOutcome(store, operation, request));
}

function withoutServed(reads: readonly PlannedRead[], served: ReadonlySet<CachedRecord>) {
  return reads.filter((read) => "list" in read || !served.has(read.detail));
}

/** Makes all calls at once. Reads under way are joined, and cost nothing. */
async function makeCalls(reads: readonly PlannedRead[], reader: Reader, operation: Operation): Promise<void> {
  const newReads = reads.filter(
    (read) => !("list" in read ? reader.isReadingList(read.list) : reader.isReadingDetail(read.detail)),
  );
  operation.reserveCalls(
    newReads.length,
    newReads.flatMap((read) => ("detail" in read ? [read.detail] : [])),
  );
  const pending = reads.map((read) => {
    const since = operation.failuresSince(read.cutoff);
    return "list" in read
      ? reader.readList(read.list, read.cutoff, since, operation)
      : reader.readDetail(read.detail, read.cutoff, since, operation);
  });
  // When the operation stops, each request is answered with what was read by then.
  await operation.waitFor(Promise.all(pending)).catch((error) => {
    if (error !== operation.stopReason) throw error;
  });
}

/** Why the reads made for a request have failed, if they have. */
function findFailure(store: Store, operation: Operation, request: ReadRequest): AlmaError | undefined {
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

function findListFailure(
  store: Store,
  kind: CachedRecord["kind"],
  request: ReadRequest,
  since: number,
): AlmaError | undefined {
  const { listFailure } = store.tables[kind];
  const isKnown = store.tables[kind].isListKnown(request.cutoff);
  return !isKnown && listFailure && listFailure.at > since ? listFailure.error : undefined;
}

function toOutcome(store: Store, operation: Operation, request: ReadRequest): Outcome {
  const cached = findRequested(store, request);
  noteOutcome(store, operation, request, cached);
  if (isMet(store, request)) return cached?.isGone(request.cutoff) ? undefined : cached;
  const error = findFailure(store, operation, request) ?? operation.stopReason;
  if (
    cached &&
    operation.serveStale &&
    cached.asOf(request.level) > NEVER &&
    (!error || isUnreachable(error))
  )
    return cached;
  return error ?? contradictionError(cached);
}

/** Notes what the answer to a request rests on: the record, or that it is neither a unit nor a room. */
function noteOutcome(
  store: Store,
  operation: Operation,
  { record, level, cutoff }: ReadRequest,
  cached: CachedRecord | undefined,
): void {
  if ("rentalObject" in record) operation.noteRentalObject(cached);
  if (cached) operation.noteRecord(cached, level, cutoff);
  else if ("rentalObject" in record)
    for (const kind of ["unit", "room"] as const) {
      const absent = store.tables[kind].get(record.rentalObject);
      if (absent) operation.noteRecord(absent, level, cutoff);
    }
}

/**
 * Whether an operation is served stale data in place of this error. Its answer is not given again: another operation
 * would try to reach Alma.
 */
export function servesStale(operation: Operation, error: AlmaError): boolean {
  const isServed = operation.serveStale && isUnreachable(error);
  if (isServed) operation.basis.refuse();
  return isServed;
}

/** Whether an error means that Alma could not be reached; other errors come from what it answered. */
export function isUnreachable(error: AlmaError): boolean {
  return ["ALMA_UNAVAILABLE", "ALMA_THROTTLED", "DEADLINE_EXCEEDED"].includes(error.code);
}

function contradictionError(cached: CachedRecord | undefined): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma keeps contradicting itself about ${cached?.key ?? "a rental object"} while it is read. Ask again.`,
  );
}
