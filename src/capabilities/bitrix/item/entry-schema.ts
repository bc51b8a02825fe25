import { z } from "zod";

/** How the value of a Bitrix field is read. */
const valueTypes = [
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

const invalidNumber = "must be a Bitrix number, such as 144";
/** A remark for readers of the file. */
export const noteSchema = z.string().describe("A remark for readers; it has no effect.").optional();
const scalarSchema = z.union([z.string(), z.number(), z.boolean()], {
  error: "must be a text, a number, true or false",
});
/** The id of a Bitrix entity type (Bitrix: `entityTypeId`), as text. */
export const entityTypeIdSchema = z
  .union(
    [
      z.string().regex(/^\s*\d+\s*$/, { error: invalidNumber }),
      z.int({ error: invalidNumber }).nonnegative({ error: invalidNumber }),
    ],
    {
      error: invalidNumber,
    },
  )
  .transform((value) => String(value).trim());
const invalidOption = "must be a Bitrix option, such as 66";
const optionSchema = z
  .union([z.string().regex(/\S/, { error: invalidOption }), z.int({ error: invalidOption })], {
    error: invalidOption,
  })
  .transform((value) => String(value).trim());
/** The codes of Bitrix fields. */
export const codesSchema = z
  .array(
    z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, {
      error: "must be the code of a Bitrix field, such as ufCrm6_1682232396330: letters, digits and _",
    }),
  )
  .min(1, { error: "must name at least one Bitrix field" })
  .meta({ id: "codes" });

const rowSchema = z
  .strictObject({
    option: optionSchema.describe("The option's number in Bitrix, or its code."),
    value: scalarSchema.nullable().describe("The value in Alma; null sets nothing."),
    label: z.string().describe("Its label in messages; by default the value.").optional(),
    note: noteSchema,
  })
  .meta({ id: "row" });

/** An option table: the Alma value of each option of a Bitrix list field. */
export const tableSchema = z
  .strictObject({
    rows: z
      .array(rowSchema)
      .describe(
        "One row for each option. In a file that extends another, rows are added to its rows or replace those of the same option.",
      )
      .refine((rows) => new Set(rows.map(({ option }) => option)).size === rows.length, {
        error: "has an option twice",
      }),
    note: noteSchema,
  })
  .meta({ id: "table" });

/** How one Alma field is filled from Bitrix fields, or with a constant. */
export const fieldSchema = z
  .strictObject({
    from: codesSchema
      .describe("Codes of Bitrix fields; the first that the item has and that is not empty counts.")
      .optional(),
    as: z.enum(valueTypes).describe("How the value is read.").optional(),
    table: z.string().describe("Of an option: the table of its values.").optional(),
    empty: scalarSchema
      .describe("The value for an empty field; if left out, the field is cleared in Alma.")
      .optional(),
    leaveEmpty: z.literal(true).describe("An empty field changes nothing in Alma.").optional(),
    several: z
      .literal("first")
      .describe("The first of several values counts; otherwise several are refused.")
      .optional(),
    currencyFrom: codesSchema.describe("Of an amount: the Bitrix fields with its currency.").optional(),
    always: scalarSchema.describe("A constant value of new records, whatever the item contains.").optional(),
    note: noteSchema,
  })
  .meta({ id: "field" });

/** How an item refers to an item of another kind. */
export const linkSchema = z
  .strictObject({
    from: codesSchema.describe("Codes of Bitrix fields that name the other item by its id.").optional(),
    optional: z.literal(true).describe("The item may name none.").optional(),
    several: z
      .enum(["first", "all"])
      .describe(
        "Whether the item may name several: the first counts, or all. If left out, several are refused.",
      )
      .optional(),
    note: noteSchema,
  })
  .meta({ id: "link" });

export type TableDefinition = z.output<typeof tableSchema>;
export type FieldMapping = z.output<typeof fieldSchema>;
export type LinkMapping = z.output<typeof linkSchema>;
export type ValueType = (typeof valueTypes)[number];
