import { findImpossibleValues } from "../../../alma/index.ts";
import { kindDefinitions } from "../../../catalog/index.ts";
import type { QueryMapBitrixArgs, QueryResolvers } from "../../../graph/generated.ts";
import { badInput, checkInput, inSteps } from "../../../graph/index.ts";
import type { ItemError, MappedField } from "../item/mapped-item.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { checkItems } from "../sync/check-items.ts";
import type { ItemTask } from "../task/task.ts";
import { checkItemCount, toItemError } from "./item-error.ts";
import { bitrixKey } from "./sync-settings.ts";

/**
 * `bitrixDictionaries`: the option tables of the mapping. Throws BAD_USER_INPUT for an unknown table name.
 */
export const bitrixDictionaries: QueryResolvers["bitrixDictionaries"] = (
  _parent,
  { names },
  { settings },
) => {
  const { dictionaries, name: mappingName } = settings.inject(bitrixKey).mapping;
  const known = new Set(dictionaries.map(({ name }) => name));
  const unknown = names?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const message = `The mapping ${mappingName} has no table ${JSON.stringify(unknown)}; it has ${[...known].join(", ")}.`;
    throw badInput("names", message);
  }
  return dictionaries.filter(({ name }) => !names || names.includes(name));
};

/**
 * `mapBitrix`: the Alma fields that items map to, and the errors that a sync would report regardless of Alma's data.
 * Throws BAD_USER_INPUT for too many items.
 */
export const mapBitrix: QueryResolvers["mapBitrix"] = (_parent, { items }, context) => {
  const { mapping, maxItems } = context.settings.inject(bitrixKey);
  const tooManyError = checkItemCount(items.length, maxItems);
  if (tooManyError) throw badInput("items", tooManyError.message);
  return context.limits.run("mapping the items", mapInSteps(items, mapping));
};

function* mapInSteps(items: QueryMapBitrixArgs["items"], mapping: Mapping) {
  const mapped = yield* inSteps.map(items, ({ kind, item }) => mapping.map(kind, item));
  const tasks = yield* checkItems(mapped, checkFields);
  return yield* inSteps.map(tasks, toItemMapping);
}

function toItemMapping({ item, index, action, errors }: ItemTask) {
  const { kind, id, links, fields } = item;
  const found = action === "SKIPPED" ? [] : errors.filter((error) => !item.errors.includes(error));
  return {
    kind,
    itemId: id ?? null,
    links: Object.values(links).map((link) => ({ kind: link.kind, itemId: link.id, bitrixField: link.from })),
    fields: fields.map((field) => toFieldMapping(field, found, index)),
    userErrors: [...item.errors, ...found].map((error) => toItemError(error, index)),
  };
}

function toFieldMapping(
  { record, field, from, raw, value, rule, error: mappingError }: MappedField,
  found: readonly ItemError[],
  index: number,
) {
  const error = mappingError ?? found.find((other) => from !== undefined && other.field === from);
  return {
    almaType: kindDefinitions[record].typeName,
    almaField: field,
    bitrixField: from ?? null,
    raw: raw ?? null,
    value: error ? null : (replaceFilesByUrl(value) ?? null),
    rule,
    userError: error ? toItemError(error, index) : null,
  };
}

/** Replaces each file in a value with its URL. */
function replaceFilesByUrl(value: MappedField["value"]): unknown {
  if (Array.isArray(value)) return value.map(replaceFilesByUrl);
  return typeof value === "object" && value !== null && "link" in value ? value.link : value;
}

/**
 * Fails an item for values that no record can have, as its create or update would, without calling Alma. Ignores files,
 * which are uploaded first.
 */
function checkFields(task: ItemTask) {
  const { kind } = task;
  const values = [...task.fields].filter(([, { value }]) => value != null && typeof value !== "object");
  const input = Object.fromEntries(values.map(([field, { value }]) => [field, value]));
  const failed = new Set<string>();
  const addError = (name: string | number | undefined, message: string) => {
    const field = String(name);
    if (failed.has(field)) return;
    failed.add(field);
    task.fail({ code: "INVALID", message, field: task.bitrixFieldOf(field) });
  };
  checkInput({ kind, addUserError: (_code, [, field], message) => addError(field, message) }, input);
  for (const { message, path } of findImpossibleValues(kind, input)) addError(path[0], message);
}
