import { AlmaError } from "./http/errors.ts";
import type { AlmaRequest, CallOptions } from "./http/send.ts";
import { flag, nullableText } from "./record/codec.ts";
import { createDecoder, type RecordOf } from "./record/field.ts";
import { relation } from "./record/nested.ts";
import type { Reading } from "./record/reading.ts";
import { encodeRef, isPathSafe } from "./record/ref.ts";
import { fillTemplate } from "./resource/path-variants.ts";
import type { Upstream } from "./resource/readable.ts";
import { isJsonNotFound, jsonOf } from "./resource/response.ts";

const fields = {
  externalId: nullableText,
  additionalExternalId: nullableText,
  isUsedAdditionalExternalId: flag,
  /** Alma's id of the unit that this is a room of; null if it is a unit itself. */
  parentUnit: relation({}),
};

const template = "realty/rental_object/{bx}/";
const decode = createDecoder(fields);

type RentalObjectRecord = RecordOf<typeof fields>;
/** What Alma holds to be the unit or room of a Bitrix id: a room if it has a parent unit, else a unit. */
export type RentalObjectLookup = Omit<RentalObjectRecord, "parentUnit"> & {
  readonly parentUnitId: number | null;
};

/** `decided` false: a "not found" that cannot be relied on for such an id. The lists decide. */
export type RentalObjectReading = Reading<RentalObjectLookup | undefined> & {
  readonly isConclusive: boolean;
};

/**
 * The best-fitting unit or room for a Bitrix id, which may be a unit's additional one (Alma: Rental object). Undefined
 * if there is none. Throws AlmaError; BAD_USER_INPUT, before any call, for an id that no path can carry.
 */
export const rentalObject =
  ({ send, onUndocumentedField: onStrange }: Upstream) =>
  async (externalId: string, options: CallOptions): Promise<RentalObjectReading> => {
    const noun = "rental object";
    const ref = { externalId };
    const path = fillTemplate(template, encodeRef(noun, ref));
    const subject = `the unit or room with the Bitrix id ${JSON.stringify(externalId)}`;
    const request: AlmaRequest = { method: "GET", path, route: `GET ${template}`, subject, options };
    const response = await send(request);
    const { sentAt } = response;
    if (response.status === 404) {
      return { asOf: sentAt, value: undefined, isConclusive: isJsonNotFound(response) && isPathSafe(ref) };
    }
    const match = decode(jsonOf(response, request), (field) => onStrange(noun, field));
    // Without a readable parent a room would pass for a unit.
    if (match === undefined || match.fieldErrors?.parentUnit !== undefined) {
      throw new AlmaError(
        "ALMA_BAD_ANSWER",
        `Alma was asked for ${subject} and answered with something else. Try again; if it stays so, tell Alma's operator.`,
      );
    }
    const { parentUnit, ...rest } = match.record;
    return { asOf: sentAt, value: { ...rest, parentUnitId: parentUnit?.id ?? null }, isConclusive: true };
  };
