import type { ItemReference } from "./item-reference.ts";

/** An item that a webhook refers to but that is not synced. */
export interface SkippedItem {
  /** Null if the mapping does not know its entity type. */
  readonly kind: string | null;
  readonly itemId: string;
  readonly code: "REQUIRED" | "INVALID";
  readonly message: string;
  /** Whether its sender has to do something else: nothing was done, and nothing will be. */
  readonly isError: boolean;
}

/** For an item whose fields the webhook does not send; the message says how to get them. */
export function skipUnsentItem(
  kind: string,
  { entityType, id }: { entityType: string | undefined; id: string },
): SkippedItem {
  const type = entityType === undefined ? "its entityTypeId" : `entityTypeId ${entityType}`;
  const call = kind === "CONTACT" ? `crm.contact.get (id ${id})` : `crm.item.get (${type}, id ${id})`;
  const message =
    `Item ${id} was named and nothing of it was sent, so nothing was done. Get it with ${call} and send what that ` +
    `answers here, as {"kind": "${kind}", "item": …}.`;
  return { kind, itemId: id, code: "REQUIRED", message, isError: true };
}

/** For an item whose entity type the mapping does not have. */
export function skipUnknownType({ entityType, id }: ItemReference): SkippedItem {
  const message =
    `Item ${id} of the entity type ${entityType} was named, and the mapping knows no such type, so nothing was done. ` +
    "Leave this type out of the webhook, or add it to the mapping (BITRIX_MAPPING).";
  return { kind: null, itemId: id, code: "INVALID", message, isError: true };
}

/** For a deleted item. */
export function skipDeletedItem({ entityType, id }: ItemReference, kind: string | undefined): SkippedItem {
  const origin = kind === undefined ? `of the entity type ${entityType}` : `of the kind ${kind}`;
  const archiveMutations: Readonly<Record<string, string>> = {
    APARTMENT: "archiveUnit",
    UNIT: "archiveRoom",
  };
  const mutation = archiveMutations[kind ?? ""];
  const advice = mutation
    ? `If its record is no longer let, archive it: ${mutation}(ref: { externalId: "${id}" }).`
    : "If its record is no longer used, end or archive it in Alma.";
  const message = `Item ${id} ${origin} was deleted in Bitrix. Nothing is ever deleted in Alma, so nothing was done. ${advice}`;
  return { kind: kind ?? null, itemId: id, code: "INVALID", message, isError: false };
}
