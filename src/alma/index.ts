import { externalFiles } from "./file/external-file.ts";
import type { FileLimits } from "./file/file-content.ts";
import type { FileForm } from "./file/file-form.ts";
import type { LinkNetwork } from "./file/public-address.ts";
import { uploads } from "./file/upload.ts";
import type { Clock } from "./http/clock.ts";
import { type AlmaCall, type AlmaLog, withLogging } from "./http/log.ts";
import { type Trace, withTrace } from "./http/trace.ts";
import { transport } from "./http/transport.ts";
import { declarations, type Kind } from "./kind.ts";
import { type UndocumentedValue, undocumentedFields, undocumentedValues } from "./record/undocumented.ts";
import { rentalObject } from "./rental-object.ts";
import { type Traffic, withConcurrencyLimit } from "./resilience/concurrency-limit.ts";
import { withDeadline } from "./resilience/deadline.ts";
import { pause } from "./resilience/pause.ts";
import { withRetry } from "./resilience/retry.ts";
import type { AnyDeclaration } from "./resource/declaration.ts";
import type { Upstream } from "./resource/readable.ts";
import { connect, type Resource } from "./resource/resource.ts";

export { type DraftField, describeMismatch, draftFields, isReadOnly } from "./draft-field.ts";
export { BadFile, type FileErrorReason } from "./file/bad-file.ts";
export type { ExternalFiles } from "./file/external-file.ts";
export type { FileLimits } from "./file/file-content.ts";
export type { FileForm } from "./file/file-form.ts";
export type { FileSource } from "./file/multipart.ts";
export type { LinkNetwork } from "./file/public-address.ts";
export type { IncomingFile, LinkInput, Uploads } from "./file/upload.ts";
export * from "./http/clock.ts";
export { canonicalDecimal, compareDecimal, isDecimal, stripLeadingZeros } from "./http/decimal.ts";
export { AlmaError, type AlmaErrorCode, type AlmaErrorDetails } from "./http/errors.ts";
export type { AlmaCall, AlmaLog } from "./http/log.ts";
export type { CallOptions } from "./http/send.ts";
export type { Trace } from "./http/trace.ts";
export { declarations, type Kind, type Records } from "./kind.ts";
export type { Photo, PhotoSet } from "./record/attachment.ts";
export type { AcceptedType } from "./record/codec.ts";
export { isCalendarDate } from "./record/codec.ts";
export type { Choice } from "./record/nested.ts";
export type { Problem, ProblemCode } from "./record/problem.ts";
export * from "./record/reading.ts";
export { externalIdProblem, isAlmaId, type Ref } from "./record/ref.ts";
export { showsChanges } from "./record/shows-changes.ts";
export type { RentalObjectLookup, RentalObjectReading } from "./rental-object.ts";
export type { AnyDeclaration, AnyRelation, Cascades, Effect, Verb } from "./resource/declaration.ts";
export type { Readable } from "./resource/readable.ts";
export type { Resource } from "./resource/resource.ts";
export type { Writable } from "./resource/writable.ts";
export type { Outcome } from "./resource/write.ts";

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
  readonly maxBodySize?: number;
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
  readonly onUndocumentedField?: (field: { readonly kind: string; readonly field: string }) => void;
  /** Told each time a record has a word, such as a status, that is not documented. */
  readonly onUndocumentedValue?: (undocumented: UndocumentedValue) => void;
}

/** How things stand between this process and Alma. */
export interface AlmaState extends Traffic {
  /** The clock at the last answer 2xx; undefined if there was none. */
  readonly lastSuccess: number | undefined;
  /** Milliseconds for which Alma has asked to be left alone; undefined if it has not. */
  readonly pausedFor: number | undefined;
  /** Milliseconds until a call may go ahead as a probe, 0 while one does; undefined if Alma is not down. */
  readonly downFor: number | undefined;
}

/** Alma's External API. Everything that it answers comes out as domain records; wire shapes stay inside. */
export type Alma = ReturnType<typeof createAlma>;

/** Connects to Alma; nothing is sent until something is asked. */
export function createAlma(options: AlmaOptions) {
  const { url, apiKey, clock, concurrency, timeout, retries = 6, maxBodySize = 64 * 2 ** 20 } = options;
  let lastSuccess: number | undefined;
  const onCall = (call: AlmaCall) => {
    if (call.status !== undefined && call.status >= 200 && call.status < 300) lastSuccess = clock();
    options.onCall?.(call);
  };

  // From the socket outwards. A call keeps its place among the `concurrency` while it pauses between attempts: an
  // Alma in trouble is not to be asked for more meanwhile.
  const httpTransport = transport({
    url,
    apiKey,
    clock,
    connections: concurrency,
    connectTimeout: timeout,
    maxBodySize,
  });
  const tracedSend = options.trace ? withTrace(httpTransport.send, options.trace) : httpTransport.send;
  const loggedSend = withLogging(tracedSend, { log: options.log, onCall });
  const pausable = pause(loggedSend, { log: options.log, downAfter: timeout / 5 });
  const retried = withRetry(pausable.send, { retries });
  const { send, traffic } = withConcurrencyLimit(withDeadline(retried, timeout), concurrency);

  const onUndocumentedField = undocumentedFields(options.log, options.onUndocumentedField);
  const onUndocumentedValue = undocumentedValues(options.log, options.onUndocumentedValue);
  const isKeyKnown = () => lastSuccess !== undefined;
  const { host, hostname } = new URL(url);
  const upstream: Upstream = {
    send,
    onUndocumentedField,
    onUndocumentedValue,
    isKeyKnown,
    secrets: [host, hostname, apiKey],
  };

  const externalImage = externalFiles(upstream, options.fileForm);
  const fileLimits = options.files ?? { maxBytes: 20 * 2 ** 20, timeout: 60_000 };
  const uploadConcurrency = Math.max(1, Math.floor(concurrency / 4));

  return {
    ...connectAll(upstream),
    externalImage,
    /** Files, in whichever form Alma takes them. */
    uploads: uploads(externalImage, fileLimits, options.linkNetwork ?? {}, uploadConcurrency),
    rentalObject: rentalObject(upstream),
    /** How things stand, for readiness and metrics. */
    state: (): AlmaState => ({
      ...traffic(),
      lastSuccess,
      pausedFor: pausable.pausedFor(),
      downFor: pausable.downFor(),
    }),
    /** Closes the connections when the calls under way are over. */
    close: httpTransport.close,
  };
}

/** Every kind of record, by its name. */
function connectAll(upstream: Upstream): { readonly [K in Kind]: Resource<(typeof declarations)[K]> } {
  return Object.fromEntries(
    Object.entries<AnyDeclaration>(declarations).map(([kind, declaration]) => [
      kind,
      connect(upstream, declaration),
    ]),
  ) as unknown as { readonly [K in Kind]: Resource<(typeof declarations)[K]> };
}
