import { flag, integer } from "./codec.ts";
import { choiceValue, nested } from "./nested.ts";

/**
 * The tie between a contract, a client and a rental object. `unitId` is the id of a unit or of a room; `isArchived`
 * tells that the contract can no longer be edited (Alma: Contracts).
 */
export const unitUsage = nested({
  usageId: integer,
  clientId: integer,
  unitId: integer,
  clientType: choiceValue,
  isArchived: flag,
});
