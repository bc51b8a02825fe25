import { AlmaError } from "../alma/index.ts";
import { DETAIL, type Entry } from "./entry.ts";
import { letStand } from "./lag.ts";
import type { Operation } from "./operation.ts";
import { isMet, known, nextReads, type Read, type Want } from "./plan.ts";
import type { Reader } from "./read.ts";
import type { Readiness } from "./readiness.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";

/** What became of a want: the record, `undefined` if Alma has none, or why it could not be read. */
export type Outcome = Entry | undefined | AlmaError;

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
  wants: readonly Want[],
  readiness?: Readiness,
): Promise<Outcome[]> {
  let open = wants.filter((want) => !isMet(store, want));
  for (let round = 0; open.length > 0 && !operation.stopped && round < MAX_ROUNDS; round++) {
    const reads = nextReads(store, open);
    const details = reads.flatMap((read) => ("detail" in read ? [read.detail] : []));
    const tooMany = details.length > operation.affordable;
    const first = tooMany ? readiness?.readyAll(details, operation) : undefined;
    await (first ?? make(tooMany ? withoutStanding(store, reads) : reads, reader, operation));
    open = open.filter((want) => !isMet(store, want) && !failed(store, operation, want));
  }
  return wants.map((want) => outcome(store, operation, want));
}

/** Those of the reads that are needed if details of any age will do where background work keeps them young. */
function withoutStanding(store: Store, reads: readonly Read[]): readonly Read[] {
  const kept = reads.flatMap((read) => ("detail" in read && read.cutoff === NEVER ? [read.detail] : []));
  const standing = letStand(store, kept);
  return reads.filter((read) => "list" in read || !standing.has(read.detail));
}

/** Makes the calls at once; those under way already are joined, and cost nothing. */
async function make(reads: readonly Read[], reader: Reader, operation: Operation): Promise<void> {
  const own = reads.filter(
    (read) => !("list" in read ? reader.listing(read.list) : reader.reading(read.detail)),
  );
  operation.reserve(
    own.length,
    own.flatMap((read) => ("detail" in read ? [read.detail] : [])),
  );
  const work = reads.map((read) => {
    const since = operation.failuresSince(read.cutoff);
    return "list" in read
      ? reader.list(read.list, read.cutoff, since, operation)
      : reader.detail(read.detail, read.cutoff, since, operation);
  });
  // What has arrived when time runs out is served: each want is looked at for itself.
  await operation.wait(Promise.all(work)).catch((error) => {
    if (error !== operation.stopped) throw error;
  });
}

/** Why a want cannot be met, if the reads made for it have failed. */
function failed(store: Store, operation: Operation, want: Want): AlmaError | undefined {
  const since = operation.failuresSince(want.cutoff);
  const entry = known(store, want);
  const brief = want.level !== DETAIL;
  if (entry) return entry.failed(since) ?? (brief ? listFailed(store, entry.kind, want, since) : undefined);
  if (!("rentalObject" in want.record)) return undefined;
  const { unit, room } = store.tables;
  const id = want.record.rentalObject;
  return (
    room.peek(id)?.failed(since) ??
    unit.peek(id)?.failed(since) ??
    listFailed(store, "unit", want, since) ??
    (brief ? listFailed(store, "room", want, since) : undefined)
  );
}

function listFailed(store: Store, kind: Entry["kind"], want: Want, since: number): AlmaError | undefined {
  const { listFailure } = store.tables[kind];
  const known = store.tables[kind].listKnown(want.cutoff);
  return !known && listFailure && listFailure.at > since ? listFailure.error : undefined;
}

function outcome(store: Store, operation: Operation, want: Want): Outcome {
  const entry = known(store, want);
  if (isMet(store, want)) return entry?.gone(want.cutoff) ? undefined : entry;
  const error = failed(store, operation, want) ?? operation.stopped;
  if (entry && operation.serveStale && entry.at(want.level) > NEVER && (!error || unreachable(error)))
    return entry;
  return error ?? contradiction(entry);
}

/** Whether an error says that Alma could not be asked, as opposed to what it answered. */
export function unreachable(error: AlmaError): boolean {
  return ["ALMA_UNAVAILABLE", "ALMA_THROTTLED", "DEADLINE_EXCEEDED"].includes(error.code);
}

function contradiction(entry: Entry | undefined): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma keeps contradicting itself about ${entry?.key ?? "a rental object"} while it is read. Ask again.`,
  );
}
