import { type UserError, userError } from "../../../graph/index.ts";
import type { ItemError } from "../item/mapped-item.ts";

/** Returns the user error for too many items, if there are too many. */
export function checkItemCount(count: number, maxItems: number): UserError | undefined {
  if (count <= maxItems) return undefined;
  const message = `${count} items are too many for one request; send ${maxItems} at most.`;
  return userError("INVALID", ["items"], message);
}

/**
 * Creates a user error with the path of its Bitrix field in the argument `items`. `index`: the item's index, from 0.
 */
export function toItemError({ code, message, field }: ItemError, index: number): UserError {
  const path = ["items", index, "item"];
  return userError(code, field === undefined ? path : [...path, field], message);
}
