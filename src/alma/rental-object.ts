import { createDecoder } from "./codec/decoder.ts";
import { bitrixId, flag, type RecordOf } from "./codec/field.ts";
import { relation } from "./codec/nested.ts";
import type { Reading } from "./codec/reading.ts";
import { encodeRef, isPathSafe } from "./codec/ref.ts";
import type { AlmaRequest, CallOptions } from "./http/send.ts";
import { fillTemplate } from "./resource/path-variants.ts";
import { isJsonNotFound, jsonOf, type Upstream, wrongRecord } from "./resource/readable.ts";

const fields = {
  externalId: bitrixId,
  additionalExternalId: bitrixId,
  isUsedAdditionalExternalId: flag,
  /** The unit of a room; null for a unit. */
  parentUnit: relation({}),
};

const template = "realty/rental_object/{bx}/";

/** The unit or room that Alma finds for a Bitrix id: a room if it has a parent unit, else a unit. */
export type RentalObjectLookup = Omit<RecordOf<typeof fields>, "parentUnit"> & {
  readonly parentUnitId: number | null;
};

/** If `isConclusive` is false, a 404 may concern another path; the lists of units and rooms then decide. */
type RentalObjectReading = Reading<RentalObjectLookup | undefined> & {
  readonly isConclusive: boolean;
};

/**
 * Looks up the best-fitting unit or room for a Bitrix id, which may be a unit's additional id (Alma: Rental
 * object). Throws AlmaError; BAD_USER_INPUT, before any call, for an id that no path can contain.
 */
export function rentalObject({ send, onUndocumented }: Upstream) {
  const decode = createDecoder(fields, (field) => onUndocumented({ kind: "rentalObject", field }));
  return async (externalId: string, options: CallOptions): Promise<RentalObjectReading> => {
    const noun = "rental object";
    const ref = { externalId };
    const path = fillTemplate(template, encodeRef(noun, ref));
    const subject = `the unit or room with the Bitrix id ${JSON.stringify(externalId)}`;
    const route = `GET ${template}`;
    const request: AlmaRequest = { method: "GET", path, route, subject, options, isAboutRecord: true };
    const response = await send(request);
    const { sentAt } = response;
    if (response.status === 404) {
      return { asOf: sentAt, value: undefined, isConclusive: isJsonNotFound(response) && isPathSafe(ref) };
    }
    const match = decode(jsonOf(response, request));
    // If its parent could not be decoded, a room would be mistaken for a unit.
    if (match === undefined || match.fieldErrors?.parentUnit !== undefined) throw wrongRecord(subject);
    const { parentUnit, ...rest } = match.record;
    return { asOf: sentAt, value: { ...rest, parentUnitId: parentUnit?.id ?? null }, isConclusive: true };
  };
}
