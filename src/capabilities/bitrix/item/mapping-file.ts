import { z } from "zod";
import {
  codesSchema,
  entityTypeIdSchema,
  fieldSchema,
  linkSchema,
  noteSchema,
  tableSchema,
} from "./entry-schema.ts";

const fieldsSchema = z
  .record(z.string(), fieldSchema.nullable())
  .describe("By the field's name in the graph. Null removes an entry of the extended file.")
  .optional();

const recordsSchema = z.strictObject({
  building: fieldsSchema,
  unit: fieldsSchema,
  room: fieldsSchema,
  client: fieldsSchema,
  ownerContract: fieldsSchema,
  tenantContract: fieldsSchema,
});

const optionalLink = linkSchema.nullable().optional();
const linksSchema = z.strictObject({
  apartment: optionalLink,
  unit: optionalLink,
  contact: optionalLink,
  ownerContract: optionalLink,
  tenantContract: optionalLink,
});

const itemSchema = z
  .strictObject({
    entityTypeId: entityTypeIdSchema
      .describe("The entity type in Bitrix: 144, or 3 for contacts.")
      .nullable()
      .optional(),
    id: codesSchema.describe("Codes of the Bitrix field that is the item's id.").optional(),
    links: linksSchema.describe("The other items that an item names, by their kinds.").optional(),
    records: recordsSchema
      .describe("The Alma fields that the item fills: those of its own record and of a related one.")
      .optional(),
    note: noteSchema,
  })
  .meta({ id: "item" })
  .nullable()
  .optional();

const itemsSchema = z.strictObject({
  apartment: itemSchema.describe("In Alma a unit; the building is found by its name."),
  unit: itemSchema.describe("In Alma a room, or nothing if its apartment is let as a whole."),
  contact: itemSchema.describe("In Alma a client."),
  ownerContract: itemSchema.describe("In Alma an owner contract."),
  tenantContract: itemSchema.describe("In Alma a tenant contract."),
});

/**
 * A mapping file: how Bitrix fields map to Alma fields. The schema accepts complete files and files that extend another
 * one; completeness is checked after merging.
 */
export const mappingFileSchema = z.strictObject({
  $schema: z.string().describe("Where editors find the schema.").optional(),
  extends: z
    .literal("dubai")
    .describe("The mapping that this file changes. If left out, this file is complete.")
    .optional(),
  name: z
    .string()
    .min(1, { error: "must not be empty" })
    .describe("The name of this mapping in messages.")
    .optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: "must be a currency's code, such as AED" })
    .describe("The currency of all amounts; one in another is refused.")
    .nullable()
    .optional(),
  tables: z
    .record(z.string(), tableSchema.nullable())
    .describe("Option tables by name. Null removes an entry of the extended file.")
    .optional(),
  items: itemsSchema.describe("How each kind of Bitrix item is mapped.").optional(),
  note: noteSchema,
});

export type MappingFile = z.output<typeof mappingFileSchema>;
export type ItemMapping = NonNullable<z.output<typeof itemSchema>>;

/** Returns the entries of an object of the mapping, without those removed by null. */
export function definedEntries<K extends string, V>(object: Readonly<Partial<Record<K, V>>> | undefined) {
  const entries = Object.entries(object ?? {});
  return entries.filter(([, value]) => value != null) as [K, NonNullable<V>][];
}
