import type { NamesByBitrixId } from "../../../graph/index.ts";
import { isJsonObject, type JsonValue } from "../item/json.ts";

/** Returns whether an item in a stored job is the contact of a client; both have the same id. */
export const namesClient: NamesByBitrixId = (row, isBitrixId) => {
  const { kind, item } = (row ?? {}) as { readonly kind?: unknown; readonly item?: JsonValue };
  return (
    kind === "CONTACT" &&
    isJsonObject(item) &&
    Object.entries(item).some(([name, value]) => /^id$/i.test(name) && isBitrixId(value))
  );
};
