import {
  type Asked,
  type Kinds,
  type ParseJson,
  readContent,
  readFlag,
  readKind,
  WrongBody,
} from "./bitrix-body.ts";
import { type Form, type FormValue, plainOf, textAt } from "./bitrix-form.ts";
import { contactType, idIn, namedBy, wanted } from "./bitrix-named.ts";
import { deleted, nothingMore, type Skipped, unknownType } from "./bitrix-skipped.ts";

/** What is understood of the mapping: which kind of item a Bitrix entity type is. */
export interface EntityTypes {
  kindOf(entityTypeId: string): string | undefined;
}

/** What a webhook says of itself, and not of the item. */
const envelope = new Set([
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
/** Names that say which item it is, and nothing more of it. */
const naming = /^(id|entity_?type_?id)$/i;

/**
 * Reads a form: that of a Bitrix outbound webhook (`event`, `data[FIELDS]`), that of a robot or business process
 * (`document_id[]`), or `kind` and `item`. Fields beside those that name the item are the item. Throws WrongBody if no
 * item is named, or two are.
 */
export function readWebhook(
  form: Form,
  kinds: Kinds,
  types: EntityTypes,
  parseJson: ParseJson,
): Asked | Skipped {
  const misspelt = [...form.keys()].find((name) => /^dry[-_ ]?run$/i.test(name) && name !== "dryRun");
  if (misspelt !== undefined)
    throw new WrongBody(`The form has ${misspelt}; the name is dryRun. Nothing was done.`);
  const dryRun = readFlag(form.get("dryRun"));
  const given = form.has("kind") ? readKind(textAt(form, "kind"), "kind", kinds) : undefined;
  const fields = fieldsOf(form);
  const named = namedBy(form);
  const found = named && kindOf(named.entityType, kinds, types);
  if (given !== undefined && found !== undefined && given !== found)
    throw new WrongBody(
      `The form names an item of the kind ${found} and says kind=${given}. Send one of them.`,
    );
  const kind = given ?? found;
  if (named?.isDeleted) return deleted(named, kind);
  if (named && kind === undefined) return unknownType(named);
  if (kind === undefined) throw new WrongBody(`The form names no item. ${wanted}`);

  const id = textAt(fields, "ID") ?? textAt(fields, "id") ?? named?.id;
  if (id !== undefined && named && named.id !== id)
    throw new WrongBody(
      `The form names the item ${named.id} and has another id among its fields. Send one of them.`,
    );
  const isWhole = [...fields.keys()].some((name) => !naming.test(name));
  if (form.has("item")) {
    if (isWhole) throw new WrongBody("The form has item and other fields of an item. Send one of them.");
    return { items: [{ kind, item: readContent(textAt(form, "item"), "item", parseJson) }], dryRun };
  }
  if (isWhole) {
    if (named && !fields.has("ID") && !fields.has("id")) fields.set("ID", named.id);
    return { items: [{ kind, item: plainOf(fields) }], dryRun };
  }
  if (id === undefined) throw new WrongBody(`The form says kind=${kind} and names no item. ${wanted}`);
  return nothingMore(kind, { entityType: named?.entityType, id: idIn(id) });
}

/** The fields of the item: an event's, a robot's properties, and what else there is. */
function fieldsOf(form: Form): Form {
  const fields: Form = new Map();
  const add = (inside: FormValue | undefined) => {
    if (typeof inside !== "object") return;
    for (const [name, value] of inside) {
      if (inside === form && envelope.has(name)) continue;
      if (fields.has(name))
        throw new WrongBody("The form has a field of the item in two places. Send it once.");
      fields.set(name, value);
    }
  };
  const data = form.get("data");
  add(typeof data === "object" ? data.get("FIELDS") : undefined);
  add(form.get("properties"));
  add(form);
  return fields;
}

function kindOf(entityType: string, kinds: Kinds, types: EntityTypes): string | undefined {
  const known = types.kindOf(entityType) ?? (entityType === contactType ? "contact" : undefined);
  return known === undefined ? undefined : kinds.find(known);
}
