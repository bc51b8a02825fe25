import { breaker } from "./breaker.ts";
import { buildings } from "./building.ts";
import { clients } from "./client.ts";
import { deadline } from "./deadline.ts";
import { externalFiles } from "./external-file.ts";
import type { FileLimits } from "./file-content.ts";
import type { FileForm } from "./file-form.ts";
import { hold } from "./hold.ts";
import { limit, type Traffic } from "./limit.ts";
import { type AlmaCall, type AlmaLog, log } from "./log.ts";
import { ownerContracts } from "./owner-contract.ts";
import type { LinkNetwork } from "./public-address.ts";
import type { Upstream } from "./readable.ts";
import type { Clock } from "./reading.ts";
import { rentalObject } from "./rental-object.ts";
import { retry } from "./retry.ts";
import { rooms } from "./room.ts";
import { strangers } from "./stranger.ts";
import { tenantContracts } from "./tenant-contract.ts";
import { type Trace, traced } from "./trace.ts";
import { transport } from "./transport.ts";
import { units } from "./unit.ts";
import { uploads } from "./upload.ts";
import { novelties, type Unheard } from "./vocabulary.ts";

export type { Photo, PhotoSet } from "./attachment.ts";
export { BadFile, type FileFault } from "./bad-file.ts";
export type { Building, BuildingChanges, BuildingDraft } from "./building.ts";
export { isCalendarDate } from "./calendar-date.ts";
export type { Client, ClientChanges, ClientDraft } from "./client.ts";
export type { Takes } from "./codec.ts";
export { canonicalDecimal, compareDecimal, isDecimal, plainDecimal } from "./decimal.ts";
export { type DraftField, draftFields, isReadOnly, misfit } from "./draft-field.ts";
export { AlmaError, type AlmaErrorCode, type AlmaErrorDetails } from "./errors.ts";
export type { ExternalFiles } from "./external-file.ts";
export type { FileLimits } from "./file-content.ts";
export type { FileForm } from "./file-form.ts";
export { type Kind, summaryOf } from "./kind.ts";
export type { AlmaCall, AlmaLog } from "./log.ts";
export type { FileSource } from "./multipart.ts";
export type { Choice } from "./nested.ts";
export type {
  OwnerContract,
  OwnerContractChanges,
  OwnerContractDraft,
} from "./owner-contract.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export type { LinkNetwork } from "./public-address.ts";
export type { Readable } from "./readable.ts";
export * from "./reading.ts";
export { isAlmaId, type Ref, unaskable } from "./ref.ts";
export type { RentalObjectLookup, RentalObjectReading } from "./rental-object.ts";
export type { Rentable, RentableTouches, Resource } from "./resource.ts";
export type { Room, RoomChanges, RoomDraft } from "./room.ts";
export { shows } from "./shown.ts";
export type {
  TenantContract,
  TenantContractChanges,
  TenantContractDraft,
} from "./tenant-contract.ts";
export type { Trace } from "./trace.ts";
export type { Unit, UnitChanges, UnitDraft } from "./unit.ts";
export type { BroughtFile, LinkInput, Uploads } from "./upload.ts";
export type { Touches, Writable } from "./writable.ts";
export type { Outcome } from "./write.ts";

export interface AlmaOptions {
  /** ALMA_URL: ends in `external_api/`. */
  readonly url: string;
  /** Sent as the header Api-Key with every request (Alma: authorization). */
  readonly apiKey: string;
  /** Strictly increasing milliseconds; readings are dated by it. */
  readonly clock: Clock;
  readonly log: AlmaLog;
  /** How many calls may be under way at once. */
  readonly concurrency: number;
  /** Milliseconds for one call, its retries included, from when its turn has come. */
  readonly timeout: number;
  /** How often a read that failed in passing, or may have stalled, is asked again: 6 if left out. */
  readonly retries?: number;
  /** Bytes of the largest answer that is taken in: 64 MiB if left out. */
  readonly largestBody?: number;
  /** How `external-image/` takes files; if left out, its OPTIONS or the first upload decides. */
  readonly fileForm?: FileForm;
  /** How large a file may be and how long it may be waited for: 20 MiB and a minute if left out. */
  readonly files?: FileLimits;
  /** Where links to files may lead. */
  readonly linkNetwork?: LinkNetwork;
  /** Follows each HTTP request. */
  readonly trace?: Trace;
  /** Told of each HTTP request when it is over. */
  readonly onCall?: (call: AlmaCall) => void;
  /** Told each time a record has a field that is not documented. */
  readonly onUnknownField?: (field: { readonly kind: string; readonly field: string }) => void;
  /** Told each time a record has a word, such as a status, that is not documented. */
  readonly onUnknownValue?: (found: Unheard) => void;
}

/** How things stand between this process and Alma. */
export interface AlmaState extends Traffic {
  /** The clock at the last answer 2xx; undefined if there was none. */
  readonly lastSuccess: number | undefined;
  /** Milliseconds for which Alma has asked to be left alone; undefined if it has not. */
  readonly heldFor: number | undefined;
  /** Milliseconds until a call may go ahead as a probe, 0 while one does; undefined if Alma is not down. */
  readonly brokenFor: number | undefined;
}

/** Alma's External API. Everything that it answers comes out as domain records; wire shapes stay inside. */
export type Alma = ReturnType<typeof createAlma>;

/** Connects to Alma; nothing is sent until something is asked. */
export function createAlma(options: AlmaOptions) {
  const { url, apiKey, clock, concurrency, timeout, retries = 6, largestBody = 64 * 2 ** 20 } = options;
  let lastSuccess: number | undefined;
  const onCall = (call: AlmaCall) => {
    if (call.status !== undefined && call.status >= 200 && call.status < 300) lastSuccess = clock();
    options.onCall?.(call);
  };

  // From the socket outwards. A call keeps its place among the `concurrency` while it pauses between attempts: an
  // Alma in trouble is not to be asked for more meanwhile.
  const wire = transport({
    url,
    apiKey,
    clock,
    connections: concurrency,
    connectTimeout: timeout,
    largestBody,
  });
  const sending = options.trace ? traced(wire.send, options.trace) : wire.send;
  const logged = log(sending, { log: options.log, onCall });
  const spared = breaker(logged, options.log, timeout / 5);
  const held = hold(retry(spared.send, { retries }));
  const { send, traffic } = limit(deadline(held.send, timeout), concurrency);

  const onStrange = strangers(options.log, options.onUnknownField);
  const onNovelty = novelties(options.log, options.onUnknownValue);
  const isKeyKnown = () => lastSuccess !== undefined;
  const { host, hostname } = new URL(url);
  const upstream: Upstream = { send, onStrange, onNovelty, isKeyKnown, secrets: [host, hostname, apiKey] };

  const externalImage = externalFiles(upstream, options.fileForm);
  const limits = options.files ?? { largest: 20 * 2 ** 20, timeout: 60_000 };
  const senders = Math.max(1, Math.floor(concurrency / 4));

  return {
    building: buildings(upstream),
    unit: units(upstream),
    room: rooms(upstream),
    client: clients(upstream),
    ownerContract: ownerContracts(upstream),
    tenantContract: tenantContracts(upstream),
    externalImage,
    /** Files, in whichever form Alma takes them. */
    uploads: uploads(externalImage, limits, options.linkNetwork ?? {}, senders),
    rentalObject: rentalObject(upstream),
    /** How things stand, for readiness and metrics. */
    state: (): AlmaState => ({
      ...traffic(),
      lastSuccess,
      heldFor: held.heldFor(),
      brokenFor: spared.brokenFor(),
    }),
    /** Closes the connections when the calls under way are over. */
    close: wire.close,
  };
}
