import { flag, integer } from "../codec/field.ts";
import { choiceValue, nested } from "../codec/nested.ts";

/**
 * The client and rental object of a contract. `unitId` is the id of a unit or room. A contract whose usage is archived
 * can no longer be edited (Alma: Contracts).
 */
export const unitUsage = nested({
  usageId: integer,
  clientId: integer,
  unitId: integer,
  clientType: choiceValue,
  isArchived: flag,
});

/** The parts of `unit_usage` that both kinds of contracts share. */
interface Usage {
  readonly clientId: number | null;
  readonly unitId: number | null;
}

/** Returns the relations of a kind of contract (Alma: Contracts). `inverse`: the name of the inverse. */
export function contractRelations<const I extends string>(inverse: I) {
  return {
    rentalObject: {
      to: ["unit", "room"],
      inverse,
      field: "unitUsage",
      idOf: ({ unitId }: Usage) => unitId,
    },
    client: { to: ["client"], inverse, field: "unitUsage", idOf: ({ clientId }: Usage) => clientId },
  } as const;
}

/** A client's first contract confirms the client. The rental object, its unit and its rooms change their status. */
export const contractCascades = {
  rentalObject: "updated",
  "rentalObject.parentUnit": "updated",
  "rentalObject.rooms": "updated",
  client: "updated",
} as const;
