import type { Dispatcher } from "undici";
import { createUndocumentedLog, type UndocumentedValue } from "./codec/undocumented.ts";
import { createExternalFiles, type FileForm } from "./file/external-file.ts";
import type { FileLimits } from "./file/file-content.ts";
import type { LinkNetwork } from "./file/linked-file.ts";
import { createUploads } from "./file/upload.ts";
import { type AlmaCall, type AlmaLog, withLogging } from "./http/alma-log.ts";
import type { Clock } from "./http/clock.ts";
import { createTransport } from "./http/transport.ts";
import { declarations, type Kind } from "./kind.ts";
import { rentalObject } from "./rental-object.ts";
import { type CallCounts, createCallLimits } from "./resilience/call-limits.ts";
import { type Gate, withGate } from "./resilience/gate.ts";
import { withKeyCheck } from "./resilience/key-check.ts";
import { withPace } from "./resilience/pace.ts";
import { createPause } from "./resilience/pause.ts";
import { withDeadline, withRetry } from "./resilience/retry.ts";
import type { AnyDeclaration } from "./resource/declaration.ts";
import type { Upstream } from "./resource/readable.ts";
import { connect, type Resource } from "./resource/writable.ts";

export {
  type AcceptedType,
  isCalendarDate,
  isObject,
  MAX_FILE_NAME as maxFileName,
  MAX_TEXT as maxText,
} from "./codec/field.ts";
export type { Photo, PhotoSet } from "./codec/nested.ts";
export type { Problem, ProblemCode } from "./codec/problem.ts";
export * from "./codec/reading.ts";
export {
  externalIdProblem,
  isAlmaId,
  isSameExternalId,
  MAX_EXTERNAL_ID as maxExternalId,
  type Ref,
  stripBlanks,
} from "./codec/ref.ts";
export { shownField, shownValue } from "./codec/same-value.ts";
export { documentedChoicesOf, type UndocumentedValue } from "./codec/undocumented.ts";
export {
  describeMismatch,
  draftFields,
  findImpossibleValues,
  isReadOnly,
  mayShow,
  showsSame,
  showsStored,
  storedAs,
} from "./draft-field.ts";
export { InvalidFileError } from "./file/file-content.ts";
export type { LinkNetwork } from "./file/linked-file.ts";
export type { UploadNames, Uploads } from "./file/upload.ts";
export type { AlmaCall } from "./http/alma-log.ts";
export * from "./http/clock.ts";
export * as decimal from "./http/decimal.ts";
export { AlmaError, type AlmaErrorCode, errorPersistence } from "./http/errors.ts";
export { LightSignal } from "./http/light-signal.ts";
export type { CallOptions } from "./http/send.ts";
export { ITEMS_PER_CHECK, inSlices, yieldToEventLoop } from "./http/slice.ts";
export { declarations, type Kind, type Records } from "./kind.ts";
export type { RentalObjectLookup } from "./rental-object.ts";
export { FairQueue } from "./resilience/fair-queue.ts";
export type { Gate } from "./resilience/gate.ts";
export type { AnyDeclaration, AnyRelation, Cascades, Effect, Verb } from "./resource/declaration.ts";
export type { Writable, WriteOutcome } from "./resource/writable.ts";

/** Alma's address, the limits of calls, and their observers. */
export interface AlmaOptions {
  /** ALMA_URL, ending in `external_api/`. */
  readonly url: string;
  /** Returns the key, sent as the header Api-Key with every request (Alma: authorization). */
  readonly apiKey: () => string;
  /** The clock that dates readings. */
  readonly clock: Clock;
  readonly log: AlmaLog;
  /** The maximum number of concurrent calls. */
  readonly concurrency: number;
  /** The timeout of one call in milliseconds, including retries, from when it gets a slot. */
  readonly timeout: number;
  /** The maximum number of retries of a read that failed transiently or may have stalled; 6 by default. */
  readonly retries?: number;
  /** The maximum size of a response in bytes; 64 MiB by default. */
  readonly maxBodySize?: number;
  /** The form in which `external-image/` accepts files; by default, the first upload decides. */
  readonly fileForm?: FileForm;
  /** The maximum file size and time to wait for the content. */
  readonly files: FileLimits;
  /** The hosts that file URLs may point to. */
  readonly linkNetwork: LinkNetwork;
  /** Replaces the network connections to Alma. */
  readonly dispatcher?: Dispatcher;
  /** Whether calls may be sent now; always by default. */
  readonly gate?: Gate;
  /** Called after each HTTP request. */
  readonly onCall: (call: AlmaCall) => void;
  /** Called each time a decoded record has an undocumented field or vocabulary value. */
  readonly onUndocumented: (undocumented: UndocumentedValue) => void;
}

/** The state of this process's calls to Alma. */
export interface AlmaState extends CallCounts {
  /** The maximum number of calls in flight. */
  readonly limit: number;
  /** Calls per second while Alma refuses more (429); otherwise undefined. */
  readonly pace: number | undefined;
  /** The clock's time of the last 2xx response, if any. */
  readonly lastSuccess: number | undefined;
  /** The remaining milliseconds of a Retry-After that pauses calls. */
  readonly pausedFor: number | undefined;
  /** Milliseconds until a probe may be sent; 0 while one is in progress; undefined if Alma is not down. */
  readonly downFor: number | undefined;
}

/** The connection to Alma's External API. Returns decoded records; wire shapes never leave this folder. */
export type Alma = ReturnType<typeof createAlma>;

/** Connects to Alma. Nothing is sent before the first call. */
export function createAlma(options: AlmaOptions) {
  const { url, apiKey, clock, concurrency, timeout, retries = 6, maxBodySize = 64 * 2 ** 20 } = options;
  let lastSuccess: number | undefined;
  const onCall = (call: AlmaCall) => {
    if (call.status !== undefined && call.status >= 200 && call.status < 300) lastSuccess = clock();
    options.onCall(call);
  };

  // From the socket outwards. A call keeps its slot while it waits for its next attempt, so that an Alma in trouble
  // gets no further calls meanwhile.
  const httpTransport = createTransport({
    url,
    apiKey,
    clock,
    connections: concurrency,
    connectTimeout: timeout,
    maxBodySize,
    dispatcher: options.dispatcher,
  });
  const limits = createCallLimits(concurrency, options.log);
  const loggedSend = withLogging(withPace(httpTransport.send, limits.pace), { log: options.log, onCall });
  const pausable = createPause(loggedSend, { log: options.log, downAfter: timeout / 5 });
  const retried = withRetry(pausable.send, { retries, turn: limits.turn });
  const limited = limits.around(withDeadline(retried, timeout));
  // Calls held back by the gate take no slot, and their timeout does not run.
  const gatedSend = options.gate ? withGate(limited, options.gate, timeout) : limited;

  const { host, hostname } = new URL(url);
  const upstream: Upstream = {
    send: withKeyCheck(gatedSend),
    onUndocumented: createUndocumentedLog(options.log, options.onUndocumented),
    isKeyKnown: () => lastSuccess !== undefined,
    secrets: () => [host, hostname, apiKey()],
  };

  return {
    ...connectAll(upstream),
    /** Uploads files in the form that Alma accepts. */
    uploads: createUploads(
      createExternalFiles(upstream, options.fileForm),
      options.files,
      options.linkNetwork,
      uploadConcurrency(concurrency),
    ),
    rentalObject: rentalObject(upstream),
    /** Returns the current state, for readiness and metrics. */
    state: (): AlmaState => ({
      limit: concurrency,
      pace: limits.pace.rate,
      lastSuccess,
      pausedFor: pausable.pausedFor(),
      downFor: pausable.downFor(),
      ...limits.traffic,
    }),
    /** Closes the connections when the calls in progress have ended. */
    close: httpTransport.close,
  };
}

/** Returns the number of concurrent uploads, so that slow senders leave slots for other calls. */
export const uploadConcurrency = (concurrency: number): number => Math.max(1, Math.floor(concurrency / 4));

/** Connects every kind of record. */
function connectAll(upstream: Upstream) {
  return Object.fromEntries(
    Object.entries<AnyDeclaration>(declarations).map(([kind, declaration]) => [
      kind,
      connect(upstream, kind, declaration),
    ]),
  ) as unknown as { readonly [K in Kind]: Resource<(typeof declarations)[K]> };
}
