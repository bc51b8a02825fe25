import type { SyncError } from "../../bitrix/index.ts";
import type { BitrixItemInput } from "../generated.ts";
import type { GraphContext } from "../record/context.ts";
import { type ArgumentPath, type UserError, userError } from "../write/user-error.ts";

/** The error for more items than one request may have; undefined if there are not too many. */
export function checkItemCount(
  items: readonly BitrixItemInput[],
  { settings }: GraphContext,
): UserError | undefined {
  const { maxItems } = settings.bitrix;
  if (items.length <= maxItems) return undefined;
  const message = `${items.length} items are too many for one request; send ${maxItems} at most (BITRIX_MAX_ITEMS).`;
  return userError("INVALID", ["items"], message);
}

/** An error at the Bitrix field that it is about, in the argument `items`. `index` is the item's. */
export function toItemError({ code, message, field }: SyncError, index: number): UserError {
  const path: ArgumentPath = ["items", index, "item"];
  return userError(code, field === undefined ? path : [...path, field], message);
}
