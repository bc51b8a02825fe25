import { isJsonNotFound, jsonOf } from "./answer.ts";
import { flag, textOrNone } from "./codec.ts";
import { AlmaError } from "./errors.ts";
import { decoder, type RecordOf } from "./field.ts";
import { fill } from "./form.ts";
import { link } from "./nested.ts";
import type { Upstream } from "./readable.ts";
import type { CallOptions, Reading } from "./reading.ts";
import { isPlain, segment } from "./ref.ts";
import type { Request } from "./send.ts";

const fields = {
  externalId: textOrNone,
  additionalExternalId: textOrNone,
  isUsedAdditionalExternalId: flag,
  /** Alma's id of the unit that this is a room of; null if it is a unit itself. */
  parentUnit: link({}),
};

const template = "realty/rental_object/{bx}/";
const decode = decoder(fields);

type Found = RecordOf<typeof fields>;
/** What Alma holds to be the unit or room of a Bitrix id: a room if it has a parent unit, else a unit. */
export type RentalObjectLookup = Omit<Found, "parentUnit"> & { readonly parentUnitId: number | null };

/** `decided` false: a "not found" that cannot be relied on for such an id. The lists decide. */
export type RentalObjectReading = Reading<RentalObjectLookup | undefined> & { readonly decided: boolean };

/**
 * The best-fitting unit or room for a Bitrix id, which may be a unit's additional one (Alma: Rental object). Undefined
 * if there is none. Throws AlmaError; BAD_USER_INPUT, before any call, for an id that no path can carry.
 */
export const rentalObject =
  ({ send, onStrange }: Upstream) =>
  async (externalId: string, options: CallOptions): Promise<RentalObjectReading> => {
    const noun = "rental object";
    const ref = { externalId };
    const path = fill(template, segment(noun, ref));
    const what = `the unit or room with the Bitrix id ${JSON.stringify(externalId)}`;
    const request: Request = { method: "GET", path, route: `GET ${template}`, what, options };
    const response = await send(request);
    const { at } = response;
    if (response.status === 404) {
      return { at, value: undefined, decided: isJsonNotFound(response) && isPlain(ref) };
    }
    const found = decode(jsonOf(response, request), (field) => onStrange(noun, field));
    // Without a readable parent a room would pass for a unit.
    if (found === undefined || found.faults?.parentUnit !== undefined) {
      throw new AlmaError(
        "ALMA_BAD_ANSWER",
        `Alma was asked for ${what} and answered with something else. Try again; if it stays so, tell Alma's operator.`,
      );
    }
    const { parentUnit, ...rest } = found.record;
    return { at, value: { ...rest, parentUnitId: parentUnit?.id ?? null }, decided: true };
  };
