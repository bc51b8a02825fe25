import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, DETAIL } from "../store/cached-record.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import type { Operation } from "./operation.ts";
import { findRequested, isMet, type PlannedRead, planReads, type ReadRequest } from "./read-plan.ts";
import type { Reader } from "./reader.ts";
import type { Readiness } from "./readiness.ts";
import { serveSuperseded } from "./serve-superseded.ts";

/** What became of a want: the record, `undefined` if Alma has none, or why it could not be read. */
export type Outcome = CachedRecord | undefined | AlmaError;

/** Lists, then details that the list did not show, then the same for the other kind an id may be of. */
const MAX_ROUNDS = 8;

/**
 * Reads what an operation wants with the fewest calls. All wants of one call are answered together, so that what
 * depends on them is wanted together too. What is more than the operation may read is waited for, if everything is
 * being read for the first time.
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
    const details = reads.flatMap((read) => ("detail" in read ? [read.detail] : []));
    const isOverBudget = details.length > operation.remainingCalls;
    const warmUpDone = isOverBudget ? readiness?.waitForRecords(details, operation) : undefined;
    await (warmUpDone ??
      makeCalls(isOverBudget ? withoutSuperseded(store, reads) : reads, reader, operation));
    unmet = unmet.filter((request) => !isMet(store, request) && !findFailure(store, operation, request));
  }
  return requests.map((request) => toOutcome(store, operation, request));
}

/** Those of the reads that are needed if details of any age will do where background work keeps them young. */
function withoutSuperseded(store: Store, reads: readonly PlannedRead[]): readonly PlannedRead[] {
  const maintained = reads.flatMap((read) =>
    "detail" in read && read.cutoff === NEVER ? [read.detail] : [],
  );
  const superseded = serveSuperseded(store, maintained);
  return reads.filter((read) => "list" in read || !superseded.has(read.detail));
}

/** Makes the calls at once; those under way already are joined, and cost nothing. */
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
  // What has arrived when time runs out is served: each want is looked at for itself.
  await operation.waitFor(Promise.all(pending)).catch((error) => {
    if (error !== operation.stopReason) throw error;
  });
}

/** Why a want cannot be met, if the reads made for it have failed. */
function findFailure(store: Store, operation: Operation, request: ReadRequest): AlmaError | undefined {
  const since = operation.failuresSince(request.cutoff);
  const cached = findRequested(store, request);
  const isBrief = request.level !== DETAIL;
  if (cached)
    return (
      cached.failureSince(since) ??
      (isBrief ? findListFailure(store, cached.kind, request, since) : undefined)
    );
  if (!("rentalObject" in request.record)) return undefined;
  const { unit, room } = store.tables;
  const id = request.record.rentalObject;
  return (
    room.get(id)?.failureSince(since) ??
    unit.get(id)?.failureSince(since) ??
    findListFailure(store, "unit", request, since) ??
    (isBrief ? findListFailure(store, "room", request, since) : undefined)
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

/** Whether an error says that Alma could not be asked, as opposed to what it answered. */
export function isUnreachable(error: AlmaError): boolean {
  return ["ALMA_UNAVAILABLE", "ALMA_THROTTLED", "DEADLINE_EXCEEDED"].includes(error.code);
}

function contradictionError(cached: CachedRecord | undefined): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma keeps contradicting itself about ${cached?.key ?? "a rental object"} while it is read. Ask again.`,
  );
}
