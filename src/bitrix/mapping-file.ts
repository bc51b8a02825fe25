import { z } from "zod";
import { itemKinds } from "./mapped.ts";

/** How the value of a Bitrix field is read. */
export const readings = [
  "text",
  "whole",
  "number",
  "amount",
  "yesNo",
  "date",
  "option",
  "multifield",
  "file",
  "files",
] as const;

/** An object with these keys and no others; the message for another one names those that there are. */
function closed<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? `is not known here; known are ${known}` : undefined,
  });
}

const notNumber = "must be a number of Bitrix's, such as 144";
const note = z.string().describe("For people; it has no effect.").optional();
const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: "must be a text, a number, true or false",
});
const number = z
  .union(
    [
      z.string().regex(/^\s*\d+\s*$/, { error: notNumber }),
      z.int({ error: notNumber }).nonnegative({ error: notNumber }),
    ],
    {
      error: notNumber,
    },
  )
  .transform((value) => String(value).trim());
const codes = z
  .array(
    z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, {
      error: "must be the code of a Bitrix field, such as ufCrm6_1682232396330: letters, digits and _",
    }),
  )
  .min(1, { error: "must name at least one Bitrix field" })
  .meta({ id: "codes" });

const row = closed({
  option: number.describe("The option's number in Bitrix."),
  value: scalar.nullable().describe("The value in Alma; null sets nothing."),
  label: z.string().describe("What people call it; the value if left out.").optional(),
  note,
}).meta({ id: "row" });

const table = closed({
  rows: z
    .array(row)
    .describe(
      "One row for each option. In a file that extends another, rows are added to its rows or replace those of the same option.",
    ),
  note,
}).meta({ id: "table" });

const field = closed({
  from: codes
    .describe("Codes of Bitrix fields; the first that the item has and that is not empty counts.")
    .optional(),
  as: z.enum(readings).describe("How the value is read.").optional(),
  table: z.string().describe("Of an option: the table of its values.").optional(),
  empty: scalar
    .describe("What Alma is given if the field is empty; if left out, the field is cleared there.")
    .optional(),
  leaveEmpty: z.literal(true).describe("An empty field changes nothing in Alma.").optional(),
  several: z
    .literal("first")
    .describe("Of several values the first counts; otherwise they are refused.")
    .optional(),
  currencyFrom: codes.describe("Of an amount: where the item says its currency.").optional(),
  always: scalar.describe("What Alma is always given, whatever the item says.").optional(),
  note,
}).meta({ id: "field" });

const link = closed({
  from: codes.describe("Codes of Bitrix fields that name the other item by its id.").optional(),
  optional: z.literal(true).describe("The item may name none.").optional(),
  several: z
    .enum(["first", "all"])
    .describe(
      "Whether the item may name several: then the first counts, or all of them are meant. If left out, several are refused.",
    )
    .optional(),
  note,
}).meta({ id: "link" });

const fields = z
  .record(z.string(), field.nullable())
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
  Object.fromEntries(itemKinds.map((kind) => [kind, link.nullable().optional()])) as Record<
    (typeof itemKinds)[number],
    z.ZodOptional<z.ZodNullable<typeof link>>
  >,
);

const item = closed({
  entityTypeId: number.describe("The entity type in Bitrix: 144, or 3 for contacts.").nullable().optional(),
  id: codes.describe("Codes of the Bitrix field that is the item's id.").optional(),
  links: links.describe("The other items that an item names, by their kinds.").optional(),
  records: records
    .describe("What the item gives: fields of its own record, and of one that it is tied to.")
    .optional(),
  note,
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
    .record(z.string(), table.nullable())
    .describe("Option tables by name. Null takes away what the extended file has.")
    .optional(),
  items: items.describe("What each kind of Bitrix item means.").optional(),
  note,
});

/** The same for editors, as JSON Schema: what `mapping.schema.json` has. */
export const mappingSchema = () => z.toJSONSchema(mappingFile, { io: "input" });

export type MappingFile = z.output<typeof mappingFile>;
export type TableEntry = z.output<typeof table>;
export type FieldEntry = z.output<typeof field>;
export type LinkEntry = z.output<typeof link>;
export type ItemEntry = NonNullable<z.output<typeof item>>;
export type As = (typeof readings)[number];
