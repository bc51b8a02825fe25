import { userError } from "../../../graph/index.ts";
import { itemKindNames } from "../item/item-kind.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { InvalidBodyError } from "./body.ts";
import { refusal } from "./response.ts";

/** The item to which an event, or the document of a robot, refers. */
interface Reference {
  readonly entityType: string | undefined;
  readonly id: string | null | undefined;
  readonly isDeleted: boolean;
}

/** The id of the entity type of contacts. */
const CONTACT = "3";
/** The ids of the entity types that Bitrix also refers to by name. */
const entityTypeIds: Readonly<Record<string, string>> = {
  LEAD: "1",
  DEAL: "2",
  CONTACT,
  COMPANY: "4",
  QUOTE: "7",
  SMART_INVOICE: "31",
};

const expected =
  "Send the form of a Bitrix webhook with event and data[FIELDS][ID], or with document_id; send items as JSON.";

/**
 * Creates the response to the form of a Bitrix outbound webhook (`event`), of a robot or of a business process
 * (`document_id`), which only refers to an item: an error that says what to send, unless the item was deleted. Bitrix
 * sends none of its fields. The rest of the form, such as credentials, is not read. Throws InvalidBodyError if the form
 * refers to no item.
 */
export function answerWebhook(form: URLSearchParams, mapping: Pick<Mapping, "kindOf">) {
  const { entityType, id, isDeleted } = readEvent(form) ?? readDocument(form);
  if (entityType === undefined || !/^\d{1,9}$/.test(entityType) || !/^\d{1,18}$/.test(id ?? ""))
    throw new InvalidBodyError(`The form names no item. ${expected}`);
  const itemKind = mapping.kindOf(entityType) ?? (entityType === CONTACT ? "contact" : undefined);
  const kind = (itemKind && itemKindNames.get(itemKind)) ?? null;
  const itemId = String(id);
  if (isDeleted) {
    const userErrors = [userError("INVALID", [], describeDeleted(kind, itemId, entityType))];
    const item = { kind, itemId, action: "SKIPPED", changes: [], userErrors, warnings: [], record: null };
    return { status: 200, body: { failed: 0, items: [item], buildings: [], userErrors: [] } };
  }
  if (kind === null) {
    const message =
      `Item ${id} of the entity type ${entityType} was named, but the mapping has no such type, so nothing was done. ` +
      "Leave this type out of the webhook, or add it to the mapping (BITRIX_MAPPING).";
    return refusal([userError("INVALID", [], message)]);
  }
  const call =
    kind === "CONTACT" ? `crm.contact.get (id ${id})` : `crm.item.get (entityTypeId ${entityType}, id ${id})`;
  const message =
    `Item ${id} was named without its fields, so nothing was done. Get it with ${call} and send the answer here, ` +
    `as {"kind": "${kind}", "item": …}.`;
  return refusal([userError("REQUIRED", [], message)]);
}

/** Reads `event`: `ONCRMCONTACTADD`, or `ONCRMDYNAMICITEMUPDATE` with an entity type among its fields. */
function readEvent(form: URLSearchParams): Reference | undefined {
  const event = form.get("event");
  if (event === null) return undefined;
  const [, entity = "", action, suffix] =
    /^ONCRM([A-Z]{1,40})(ADD|UPDATE|DELETE)(?:_(\d{1,9}))?$/.exec(event.toUpperCase()) ?? [];
  const entityType =
    entity === "DYNAMICITEM" ? (form.get("data[FIELDS][ENTITY_TYPE_ID]") ?? suffix) : entityTypeIds[entity];
  return { entityType, id: form.get("data[FIELDS][ID]"), isDeleted: action === "DELETE" };
}

/** Reads the last of the three parts of `document_id`: `DYNAMIC_144_12` or `CONTACT_5`. */
function readDocument(form: URLSearchParams): Reference {
  const text = form.getAll("document_id[]").at(-1) ?? form.get("document_id[2]") ?? form.get("document_id");
  const [, dynamicType, entity = "", id] =
    /^(?:DYNAMIC_(\d{1,9})|([A-Z_]{1,40}))_(\d{1,18})$/.exec(text ?? "") ?? [];
  return { entityType: dynamicType ?? entityTypeIds[entity], id, isDeleted: false };
}

function describeDeleted(kind: string | null, itemId: string, entityType: string) {
  const origin = kind === null ? `of the entity type ${entityType}` : `of the kind ${kind}`;
  const mutation = kind === "APARTMENT" ? "archiveUnit" : kind === "UNIT" ? "archiveRoom" : undefined;
  const advice = mutation
    ? `If its record is no longer let, archive it: ${mutation}(ref: { externalId: "${itemId}" }).`
    : "If its record is no longer used, end or archive it in Alma.";
  return `Item ${itemId} ${origin} was deleted in Bitrix. Nothing is ever deleted in Alma, so nothing was done. ${advice}`;
}
