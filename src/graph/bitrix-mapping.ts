import type { MappedField, MappedItem } from "../bitrix/index.ts";
import { facts } from "../catalog/index.ts";
import { placed, tooMany } from "./bitrix-sync.ts";
import type { GraphContext } from "./context.ts";
import { badInput } from "./errors.ts";
import type {
  BitrixItemKindResolvers,
  QueryBitrixDictionariesArgs,
  QueryMapBitrixArgs,
} from "./generated.ts";

/** The values of the enum `BitrixItemKind`. */
export const bitrixItemKind: BitrixItemKindResolvers = {
  APARTMENT: "apartment",
  UNIT: "unit",
  CONTACT: "contact",
  OWNER_CONTRACT: "ownerContract",
  TENANT_CONTRACT: "tenantContract",
};

/** `bitrixDictionaries`: the option tables of the mapping. Throws BAD_USER_INPUT for a name that there is not. */
export function bitrixDictionaries(
  _parent: unknown,
  { names }: QueryBitrixDictionariesArgs,
  { settings }: GraphContext,
) {
  const { dictionaries, name: mapping } = settings.bitrix.mapping;
  const known = new Set(dictionaries.map(({ name }) => name));
  const unknown = names?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const message = `The mapping ${mapping} has no table ${JSON.stringify(unknown)}; it has ${[...known].join(", ")}.`;
    throw badInput("names", message);
  }
  return dictionaries
    .filter(({ name }) => !names || names.includes(name))
    .map(({ name, kind, from, record, field, options }) => ({
      name,
      kind,
      bitrixField: from,
      almaType: facts[record].typeName,
      almaField: field,
      options,
    }));
}

/** `mapBitrix`: what items mean for Alma. Throws BAD_USER_INPUT for too many. */
export function mapBitrix(_parent: unknown, { items }: QueryMapBitrixArgs, context: GraphContext) {
  const excess = tooMany(items, context);
  if (excess) throw badInput("items", excess.message);
  const { mapping } = context.settings.bitrix;
  return items.map(({ kind, item }, index) => mappingOf(mapping.map(kind, item), index));
}

function mappingOf({ kind, id, links, fields, faults }: MappedItem, index: number) {
  return {
    kind,
    itemId: id ?? null,
    links: Object.values(links).map((link) => ({ kind: link.kind, itemId: link.id, bitrixField: link.from })),
    fields: fields.map((field) => fieldOf(field, index)),
    userErrors: faults.map((fault) => placed(fault, index)),
  };
}

function fieldOf({ record, field, from, raw, value, rule, fault }: MappedField, index: number) {
  return {
    almaType: facts[record].typeName,
    almaField: field,
    bitrixField: from ?? null,
    raw: raw ?? null,
    value: shown(value) ?? null,
    rule,
    userError: fault ? placed(fault, index) : null,
  };
}

/** Files are shown by their links. */
function shown(value: MappedField["value"]): unknown {
  if (Array.isArray(value)) return value.map(shown);
  return typeof value === "object" && value !== null && "link" in value ? value.link : value;
}
