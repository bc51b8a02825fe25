import type { NamesByBitrixId } from "../../../graph/index.ts";
import { isJsonObject, type JsonValue } from "../item/json.ts";

/** Whether an item in a stored job is that of a contact, who has the same id as the client. */
export const namesClient: NamesByBitrixId = (row, isBitrixId) => {
  const { kind, item } = (row ?? {}) as { readonly kind?: unknown; readonly item?: JsonValue };
  return (
    kind === "CONTACT" &&
    isJsonObject(item) &&
    Object.entries(item).some(([name, value]) => /^id$/i.test(name) && isBitrixId(value))
  );
};
