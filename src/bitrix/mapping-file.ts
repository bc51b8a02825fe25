import { z } from "zod";
import { itemKinds } from "./mapped.ts";
import { closed, codes, entityTypeId, fieldEntry, linkEntry, remark, tableEntry } from "./mapping-entry.ts";

const fields = z
  .record(z.string(), fieldEntry.nullable())
  .describe("By the field's name in the graph. Null takes away what the extended file has.")
  .optional();

const records = closed({
  building: fields,
  unit: fields,
  room: fields,
  client: fields,
  ownerContract: fields,
  tenantContract: fields,
});

const links = closed(
  Object.fromEntries(itemKinds.map((kind) => [kind, linkEntry.nullable().optional()])) as Record<
    (typeof itemKinds)[number],
    z.ZodOptional<z.ZodNullable<typeof linkEntry>>
  >,
);

const item = closed({
  entityTypeId: entityTypeId
    .describe("The entity type in Bitrix: 144, or 3 for contacts.")
    .nullable()
    .optional(),
  id: codes.describe("Codes of the Bitrix field that is the item's id.").optional(),
  links: links.describe("The other items that an item names, by their kinds.").optional(),
  records: records
    .describe("What the item gives: fields of its own record, and of one that it is tied to.")
    .optional(),
  note: remark,
})
  .meta({ id: "item" })
  .nullable()
  .optional();

const items = closed({
  apartment: item.describe("In Alma a unit, and by its name a building."),
  unit: item.describe("In Alma a room, or nothing if its apartment is let whole."),
  contact: item.describe("In Alma a client."),
  ownerContract: item.describe("In Alma an owner contract."),
  tenantContract: item.describe("In Alma a tenant contract."),
});

/**
 * A mapping file: what every field of Bitrix means in Alma. The shape of one that is complete and of one that extends
 * another; what is missing shows when they are put together.
 */
export const mappingFile = closed({
  $schema: z.string().describe("Where editors find the schema.").optional(),
  extends: z
    .string()
    .describe("The mapping that this file changes: dubai. If left out, this file is complete.")
    .optional(),
  name: z
    .string()
    .min(1, { error: "must not be empty" })
    .describe("What messages call this mapping.")
    .optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: "must be a currency's code, such as AED" })
    .describe("The currency of all amounts; one in another is refused.")
    .nullable()
    .optional(),
  tables: z
    .record(z.string(), tableEntry.nullable())
    .describe("Option tables by name. Null takes away what the extended file has.")
    .optional(),
  items: items.describe("What each kind of Bitrix item means.").optional(),
  note: remark,
});

/** The same for editors, as JSON Schema: what `mapping.schema.json` has. */
export const mappingSchema = () => z.toJSONSchema(mappingFile, { io: "input" });

export type MappingFile = z.output<typeof mappingFile>;
export type ItemEntry = NonNullable<z.output<typeof item>>;
