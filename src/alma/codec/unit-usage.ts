import { flag, integer } from "./codec.ts";
import { choiceValue, nested } from "./nested.ts";

/**
 * A contract's client and rental object. `unitId` is the id of a unit or a room. A contract whose usage is archived can
 * no longer be edited (Alma: Contracts).
 */
export const unitUsage = nested({
  usageId: integer,
  clientId: integer,
  unitId: integer,
  clientType: choiceValue,
  isArchived: flag,
});
