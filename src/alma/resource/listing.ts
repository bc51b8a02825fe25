import { type Decoder, isObject } from "../codec/field.ts";
import type { Decoded, Listing } from "../codec/reading.ts";
import { AlmaError } from "../http/errors.ts";
import type { LightSignal } from "../http/light-signal.ts";
import type { Slices } from "../http/slice.ts";

/**
 * Decodes a list, in slices. Entries without a valid id are counted as malformed. Alma's document shows a bare array;
 * Django's paginated form is accepted if it has all entries. Throws ALMA_BAD_ANSWER otherwise: a partial list must not
 * be taken for the whole. Throws the reason of `signal`.
 */
export async function parseListing<T>(
  json: unknown,
  subject: string,
  decode: Decoder<T>,
  onUndocumentedField: (field: string) => void,
  slices: Slices,
  signal?: LightSignal,
): Promise<Listing<T>> {
  const items: Decoded<T>[] = [];
  let malformed = 0;
  const decodeEntry = (entry: unknown) => {
    const decoded = decode(entry, onUndocumentedField);
    if (decoded === undefined) malformed++;
    else items.push(decoded);
  };
  await slices.forEach(entriesOf(json, subject), decodeEntry, signal);
  return { items, malformed };
}

function entriesOf(json: unknown, subject: string): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (isObject(json) && Array.isArray(json.results)) {
    const isComplete = typeof json.count !== "number" || json.count === json.results.length;
    if (isComplete && (json.next === undefined || json.next === null)) return json.results;
    throw badListing(subject, "answered with only a page of it, though its lists have no pages");
  }
  throw badListing(subject, "answered with something else than a list");
}

function badListing(subject: string, finding: string): AlmaError {
  const advice = "The operator has to check that ALMA_URL is the address of Alma's external API.";
  return new AlmaError("ALMA_BAD_ANSWER", `Alma was asked for ${subject} and ${finding}. ${advice}`);
}
