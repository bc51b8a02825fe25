import { InvalidBodyError } from "./body.ts";
import { type Form, textAt } from "./form.ts";

/** What an event or a robot's document is about. */
export interface ItemReference {
  readonly entityType: string;
  readonly id: string;
  readonly isDeleted: boolean;
}

/** The number of the entity type of contacts. */
export const contactEntityType = "3";
/** Bitrix's own numbers of the entity types that it calls by a word. */
const entityTypeIds: Readonly<Record<string, string>> = {
  LEAD: "1",
  DEAL: "2",
  CONTACT: contactEntityType,
  COMPANY: "4",
  QUOTE: "7",
  SMART_INVOICE: "31",
};

/** What a form has to have, for who sent one that has it not. */
export const expectedForm =
  "Send the form of a Bitrix webhook (event and data[FIELDS][ID], or document_id), or kind and item, the JSON text of one.";

/** The item that a form names. Throws WrongBody if it names two, or none in a way that looks like one. */
export function readItemReference(form: Form): ItemReference | undefined {
  const byEvent = readEventReference(form);
  const byDocument = readDocumentReference(form);
  if (byEvent && byDocument)
    throw new InvalidBodyError("The form has event and document_id. Send one of them.");
  return byEvent ?? byDocument;
}

/** `ONCRMDYNAMICITEMUPDATE` with an entity type among its fields, `ONCRMCONTACTADD`. */
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
      "The event is of a smart process, and data[FIELDS][ENTITY_TYPE_ID] does not say of which.",
    );
  if (entityType === undefined) {
    const name = /^\w{1,60}$/.test(event) ? event : "that the form has";
    throw new InvalidBodyError(
      `The event ${name} is not one of an item. Take it out of the webhook. ${expectedForm}`,
    );
  }
  const id = parseItemId(textAt(form, "data", "FIELDS", "ID"));
  return { entityType: parseItemId(entityType), id, isDeleted: action?.toUpperCase() === "DELETE" };
}

/** `DYNAMIC_144_12`, `CONTACT_5`: the last of a document's three parts. */
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

/** An id of Bitrix: digits. Throws WrongBody for anything else. */
export function parseItemId(text: string | undefined): string {
  if (text !== undefined && /^\d{1,18}$/.test(text)) return text;
  throw new InvalidBodyError(
    `The form's id ${text === undefined ? "is missing" : "is no number"}. ${expectedForm}`,
  );
}
