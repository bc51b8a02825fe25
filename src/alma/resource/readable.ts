import { createDecoder, createPartialDecoder, type Decoder } from "../codec/decoder.ts";
import { type Fields, isObject, type PartialOf, type RecordOf } from "../codec/field.ts";
import type { Decoded, Listing, Lookup, Reading } from "../codec/reading.ts";
import { describeRef, encodeRef, isPathSafe, type Ref } from "../codec/ref.ts";
import { type UndocumentedValue, withVocabularyCheck } from "../codec/undocumented.ts";
import { AlmaError } from "../http/errors.ts";
import type { LightSignal } from "../http/light-signal.ts";
import { type AlmaRequest, type AlmaResponse, type CallOptions, isSuccess, type Send } from "../http/send.ts";
import { inSlices } from "../http/slice.ts";
import type { AnyDeclaration } from "./declaration.ts";
import { fillTemplate, PathVariants, variantsByRef } from "./path-variants.ts";

/**
 * Returns whether a 404 means that there is no such record. A missing path, of Alma or a proxy, returns HTML.
 */
export function isJsonNotFound(response: AlmaResponse): boolean {
  const { status, body } = response;
  return status === 404 && "json" in body && typeof body.json === "object" && body.json !== null;
}

/** Returns the JSON of a response to a read. Throws AlmaError unless it is a 2xx with JSON. */
export function jsonOf(response: AlmaResponse, request: AlmaRequest): unknown {
  if (isSuccess(response) && "json" in response.body) return response.body.json;
  throw responseError(response, request);
}

/** Creates the error for a response that is neither a success nor a refusal of a write. */
export function responseError(
  { status, retryDelay, body, isKeyAccepted }: AlmaResponse,
  { subject, isAboutRecord = false }: AlmaRequest,
): AlmaError {
  const prefix = `Alma was asked for ${subject}`;
  if (status === 403 && isAboutRecord && isKeyAccepted) {
    return new AlmaError(
      "ALMA_REFUSED_RECORD",
      `${prefix} and refused it (403), though it answers other reads. If the gateway needs this record, the operator ` +
        "must ask Alma's operator to let the gateway's key read it.",
    );
  }
  if (status === 401 || status === 403) {
    return new AlmaError(
      "ALMA_REFUSED_KEY",
      `${prefix} and refused the gateway's key (${status}). The operator must check ALMA_API_KEY.`,
    );
  }
  if (status === 429 || (status === 503 && retryDelay !== undefined)) {
    const seconds = Math.max(1, Math.ceil((retryDelay ?? 1_000) / 1000));
    return new AlmaError(
      "ALMA_THROTTLED",
      `${prefix} and is too busy to answer. Try again in ${seconds} s.`,
      {
        retryAfter: seconds,
      },
    );
  }
  if (status >= 500) {
    return new AlmaError("ALMA_UNAVAILABLE", `${prefix} and failed (${status}). Try again in a moment.`, {
      isAboutRecord: isAboutRecord && status === 500,
    });
  }
  return new AlmaError("ALMA_BAD_ANSWER", `${prefix} and ${describeUnexpected(status, "json" in body)}`, {
    isAboutRecord,
  });
}

/** Creates the error for the read of a record that returned another record, or none. */
export function wrongRecord(subject: string): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma was asked for ${subject} and answered with another record or none. Try again; if this persists, tell Alma's operator.`,
    { isAboutRecord: true },
  );
}

const advice = "The operator must check that ALMA_URL is the address of Alma's external API.";

function describeUnexpected(status: number, isJson: boolean) {
  if (isSuccess({ status }))
    return isJson ? `answered with unexpected JSON. ${advice}` : `answered with no JSON. ${advice}`;
  if (status >= 300 && status < 400) {
    return `answered with a redirect (${status}), which is not followed because the key would travel with it. ${advice}`;
  }
  if (status === 404 || status === 405) return `knows no such address (${status}). ${advice}`;
  return `did not accept the request (${status}). ${advice}`;
}

/**
 * Decodes a list, in slices. Entries without a valid id count as malformed. Alma's document shows a bare array;
 * Django's paginated form is accepted if it has all entries. Otherwise throws ALMA_BAD_ANSWER, since a partial list
 * must not be mistaken for the whole list. Throws the reason of `signal`.
 */
async function parseListing<T>(
  json: unknown,
  subject: string,
  decode: Decoder<T>,
  signal?: LightSignal,
): Promise<Listing<T>> {
  const items: Decoded<T>[] = [];
  let malformed = 0;
  const decodeEntry = (entry: unknown) => {
    const decoded = decode(entry);
    if (decoded === undefined) malformed++;
    else items.push(decoded);
  };
  await inSlices(entriesOf(json, subject), decodeEntry, signal);
  return { items, malformed };
}

function entriesOf(json: unknown, subject: string): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (isObject(json) && Array.isArray(json.results)) {
    const isComplete = typeof json.count !== "number" || json.count === json.results.length;
    if (isComplete && (json.next === undefined || json.next === null)) return json.results;
    throw badListing(subject, "answered with only a page of it, though its lists have no pages");
  }
  throw badListing(subject, "answered with something other than a list");
}

function badListing(subject: string, finding: string) {
  return new AlmaError("ALMA_BAD_ANSWER", `Alma was asked for ${subject} and ${finding}. ${advice}`);
}

/** The dependencies of a resource that calls Alma. */
export interface Upstream {
  readonly send: Send;
  /** Called for each field and vocabulary value that Alma shows but does not document. */
  readonly onUndocumented: (undocumented: UndocumentedValue) => void;
  /** Whether Alma has returned 2xx in this process, which proves that it accepts the key. */
  readonly isKeyKnown: () => boolean;
  /** Texts that callers must not see: Alma's host and the key. */
  readonly secrets: () => readonly string[];
}

/** The reads of one kind. */
export interface Readable<Summary, Detail> {
  /** Returns every record in Alma's list, in Alma's order. Throws AlmaError. */
  list(options: CallOptions): Promise<Reading<Listing<Summary>>>;
  /**
   * Reads one record. Throws AlmaError; BAD_USER_INPUT, before any call, for a ref that no path can contain.
   */
  get(ref: Ref, options: CallOptions): Promise<Lookup<Detail>>;
}

/** Connects the reads of a kind. `kind`: its name, reported with what Alma does not document. */
export function readable<const F extends Fields>(
  { send, onUndocumented }: Upstream,
  kind: string,
  { noun, plural, paths, fields, summary }: Omit<AnyDeclaration, "fields"> & { readonly fields: F },
): Readable<PartialOf<F>, RecordOf<F>> {
  const listVariants = new PathVariants(paths.list);
  const variantsOf = variantsByRef(paths);
  const summaryFields = Object.fromEntries(Object.entries(fields).filter(([name]) => summary.includes(name)));
  const report = (field: string) => onUndocumented({ kind, field });
  const decodeSummary = withVocabularyCheck(
    kind,
    createPartialDecoder(summaryFields, report) as Decoder<PartialOf<F>>,
    onUndocumented,
  );
  const decodeDetail = withVocabularyCheck(kind, createDecoder(fields, report), onUndocumented);

  return {
    async list(options) {
      const subject = `the list of ${plural}`;
      let firstError: AlmaError | undefined;
      for (const template of listVariants.inOrder()) {
        const request: AlmaRequest = {
          method: "GET",
          path: template,
          route: `GET ${template}`,
          subject,
          options,
          canBeSlow: true,
        };
        const response = await send(request);
        if (isPathMissing(response)) {
          firstError ??= responseError(response, request);
          continue;
        }
        const json = jsonOf(response, request);
        const value = await parseListing(json, subject, decodeSummary, options.signal);
        listVariants.confirm(template);
        return { asOf: response.sentAt, value };
      }
      throw firstError;
    },

    async get(ref, options) {
      const variants = variantsOf(ref);
      const subject = describeRef(noun, ref);
      const encodedRef = encodeRef(noun, ref);
      let asOf = 0;
      for (const template of variants.inOrder()) {
        const path = fillTemplate(template, encodedRef);
        const route = `GET ${template}`;
        const request: AlmaRequest = { method: "GET", path, route, subject, options, isAboutRecord: true };
        const response = await send(request);
        asOf = response.sentAt;
        if (!isPathMissing(response)) {
          const match = decodeDetail(jsonOf(response, request));
          if (match === undefined || ("id" in ref && match.record.id !== ref.id)) throw wrongRecord(subject);
          variants.confirm(template);
          return { asOf, match, isConclusive: true };
        }
        // A 404 concerns the record only if the path is known to work.
        const isTrusted = variants.isSingle || variants.isConfirmed(template);
        if (isTrusted && isJsonNotFound(response)) return { asOf, isConclusive: isPathSafe(ref) };
      }
      return { asOf, isConclusive: false };
    },
  };
}

/** Returns whether Alma may lack this path, so that the next variant is tried. */
export function isPathMissing({ status }: AlmaResponse): boolean {
  return status === 404 || status === 405;
}
