import { InvalidBodyError } from "./body.ts";
import { type Form, textAt } from "./form.ts";

/** The item that an event, or the document of a robot, refers to. */
export interface ItemReference {
  readonly entityType: string;
  readonly id: string;
  readonly isDeleted: boolean;
}

/** The id of the entity type of contacts. */
export const contactEntityType = "3";
/** The ids of the entity types that Bitrix also refers to by name. */
const entityTypeIds: Readonly<Record<string, string>> = {
  LEAD: "1",
  DEAL: "2",
  CONTACT: contactEntityType,
  COMPANY: "4",
  QUOTE: "7",
  SMART_INVOICE: "31",
};

/** For messages about forms that name no item. */
export const expectedForm =
  "Send the form of a Bitrix webhook (event and data[FIELDS][ID], or document_id), or kind and item, the JSON text of one.";

/** Reads the item that a form refers to, if any. Throws InvalidBodyError for an invalid reference, and for two. */
export function readItemReference(form: Form): ItemReference | undefined {
  const byEvent = readEventReference(form);
  const byDocument = readDocumentReference(form);
  if (byEvent && byDocument)
    throw new InvalidBodyError("The form has event and document_id. Send one of them.");
  return byEvent ?? byDocument;
}

/** Reads `event`: `ONCRMCONTACTADD`, or `ONCRMDYNAMICITEMUPDATE` with an entity type among its fields. */
function readEventReference(form: Form): ItemReference | undefined {
  const event = textAt(form, "event");
  if (event === undefined) return undefined;
  const [, entityName = "", action, suffix] =
    /^ONCRM([A-Z]{1,40})(ADD|UPDATE|DELETE)(?:_(\d{1,9}))?$/i.exec(event) ?? [];
  const dynamicType = textAt(form, "data", "FIELDS", "ENTITY_TYPE_ID") ?? suffix;
  const isDynamic = entityName.toUpperCase() === "DYNAMICITEM";
  const entityType = isDynamic ? dynamicType : entityTypeIds[entityName.toUpperCase()];
  if (isDynamic && entityType === undefined)
    throw new InvalidBodyError(
      "The event is of a smart process, but data[FIELDS][ENTITY_TYPE_ID] is missing.",
    );
  if (entityType === undefined) {
    const name = /^\w{1,60}$/.test(event) ? event : "that the form has";
    throw new InvalidBodyError(
      `The event ${name} is not about an item. Remove it from the webhook. ${expectedForm}`,
    );
  }
  const id = parseItemId(textAt(form, "data", "FIELDS", "ID"));
  return { entityType: parseItemId(entityType), id, isDeleted: action?.toUpperCase() === "DELETE" };
}

/** Reads the last of the three parts of `document_id`: `DYNAMIC_144_12` or `CONTACT_5`. */
function readDocumentReference(form: Form): ItemReference | undefined {
  const parts = form.get("document_id");
  if (parts === undefined) return undefined;
  const lastPart = typeof parts === "string" ? parts : [...parts.values()].at(-1);
  const text = typeof lastPart === "string" ? lastPart : "";
  const [, dynamicType, entityName = "", id] =
    /^(?:DYNAMIC_(\d{1,9})|([A-Z_]{1,40}))_(\d{1,18})$/.exec(text) ?? [];
  const entityType = dynamicType ?? entityTypeIds[entityName];
  if (entityType === undefined || id === undefined)
    throw new InvalidBodyError("document_id does not name an item as DYNAMIC_144_12 or CONTACT_5 do.");
  return { entityType, id, isDeleted: false };
}

/** Checks that a Bitrix id consists of digits. Throws InvalidBodyError. */
export function parseItemId(text: string | undefined): string {
  if (text !== undefined && /^\d{1,18}$/.test(text)) return text;
  throw new InvalidBodyError(
    `The form's id ${text === undefined ? "is missing" : "is not a number"}. ${expectedForm}`,
  );
}
