import type { Mapping } from "../mapping/mapping.ts";
import {
  InvalidBodyError,
  type ItemKinds,
  type ParseJson,
  readDryRun,
  readItemContent,
  readKind,
  type SyncRequest,
} from "./body.ts";
import { type Form, type FormValue, textAt, toPlainValue } from "./form.ts";
import { contactEntityType, expectedForm, parseItemId, readItemReference } from "./item-reference.ts";
import { type SkippedItem, skipDeletedItem, skipUnknownType, skipUnsentItem } from "./skipped-item.ts";

/** Fields of the webhook itself, not of the item. */
const envelopeFields = new Set([
  "event",
  "event_id",
  "event_handler_id",
  "ts",
  "document_id",
  "document_type",
  "workflow_id",
  "code",
  "use_subscription",
  "timeout_duration",
  "data",
  "properties",
  "kind",
  "item",
  "dryRun",
]);
/** Fields that only identify the item. */
const identifyingName = /^(id|entity_?type_?id)$/i;

/**
 * Reads the form of a Bitrix outbound webhook (`event`, `data[FIELDS]`), of a robot or business process
 * (`document_id[]`), or `kind` and `item`. Fields that do not identify the item are its content. Throws
 * InvalidBodyError if the form refers to no item, or to two.
 */
export function readWebhook(
  form: Form,
  kinds: ItemKinds,
  entityTypes: Pick<Mapping, "kindOf">,
  parseJson: ParseJson,
): SyncRequest | SkippedItem {
  const misspelt = [...form.keys()].find((name) => /^dry[-_ ]?run$/i.test(name) && name !== "dryRun");
  if (misspelt !== undefined)
    throw new InvalidBodyError(`The form has ${misspelt}; the name is dryRun. Nothing was done.`);
  const dryRun = readDryRun(form.get("dryRun"));
  const statedKind = form.has("kind") ? readKind(textAt(form, "kind"), "kind", kinds) : undefined;
  const fields = collectItemFields(form);
  const reference = readItemReference(form);
  const referencedKind = reference && kindOfEntityType(reference.entityType, kinds, entityTypes);
  if (statedKind !== undefined && referencedKind !== undefined && statedKind !== referencedKind)
    throw new InvalidBodyError(
      `The form names an item of the kind ${referencedKind} and says kind=${statedKind}. Send one of them.`,
    );
  const kind = statedKind ?? referencedKind;
  if (reference?.isDeleted) return skipDeletedItem(reference, kind);
  if (reference && kind === undefined) return skipUnknownType(reference);
  if (kind === undefined) throw new InvalidBodyError(`The form names no item. ${expectedForm}`);

  const id = textAt(fields, "ID") ?? textAt(fields, "id") ?? reference?.id;
  if (id !== undefined && reference && reference.id !== id)
    throw new InvalidBodyError(
      `The form names the item ${reference.id} and has another id among its fields. Send one of them.`,
    );
  const hasItemFields = [...fields.keys()].some((name) => !identifyingName.test(name));
  if (form.has("item")) {
    if (hasItemFields)
      throw new InvalidBodyError("The form has item and other fields of an item. Send one of them.");
    return { items: [{ kind, item: readItemContent(textAt(form, "item"), "item", parseJson) }], dryRun };
  }
  if (hasItemFields) {
    if (reference && !fields.has("ID") && !fields.has("id")) fields.set("ID", reference.id);
    return { items: [{ kind, item: toPlainValue(fields) }], dryRun };
  }
  if (id === undefined)
    throw new InvalidBodyError(`The form says kind=${kind} and names no item. ${expectedForm}`);
  return skipUnsentItem(kind, { entityType: reference?.entityType, id: parseItemId(id) });
}

/**
 * The item's fields: `data[FIELDS]` of an event, `properties` of a robot, and all other fields but the webhook's own.
 */
function collectItemFields(form: Form): Form {
  const fields: Form = new Map();
  const addFields = (nested: FormValue | undefined) => {
    if (typeof nested !== "object") return;
    for (const [name, value] of nested) {
      if (nested === form && envelopeFields.has(name)) continue;
      if (fields.has(name))
        throw new InvalidBodyError("The form has a field of the item in two places. Send it once.");
      fields.set(name, value);
    }
  };
  const data = form.get("data");
  addFields(typeof data === "object" ? data.get("FIELDS") : undefined);
  addFields(form.get("properties"));
  addFields(form);
  return fields;
}

function kindOfEntityType(
  entityType: string,
  kinds: ItemKinds,
  entityTypes: Pick<Mapping, "kindOf">,
): string | undefined {
  const word = entityTypes.kindOf(entityType) ?? (entityType === contactEntityType ? "contact" : undefined);
  return word === undefined ? undefined : kinds.find(word);
}
