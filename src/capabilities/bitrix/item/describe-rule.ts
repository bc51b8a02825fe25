import type { FieldMapping, ValueType } from "./entry-schema.ts";

/** Ways to read a value, as `mapBitrix` and the docs describe them. */
const valueTypeLabels: Readonly<Record<ValueType, string>> = {
  text: "As it is",
  whole: "As a whole number",
  number: "As a number",
  amount: "The exact amount",
  yesNo: "Y is true, N is false",
  date: "The day, without time and time zone",
  option: "The option's value in the table",
  multifield: "As it is; if there are several, the work one, else the first",
  file: "The file by its link; the first of several",
  files: "The files by their links",
};

/** The rule of an item's id. */
export const itemIdRule = "The item's id.";

/** Describes a field's mapping in words, for `mapBitrix`. */
export function describeRule(mapping: FieldMapping, currency: string | null | undefined): string {
  const { always, as = "text", from = [], table, empty, leaveEmpty, several } = mapping;
  if (always !== undefined) return `In a new record, always ${always}.`;
  const parts = [
    as === "option" ? `${valueTypeLabels.option} ${table}` : valueTypeLabels[as],
    ...(as === "amount" && currency ? [`in ${currency} only`] : []),
    ...(several === "first" ? ["the first of several values"] : []),
    ...(from.length > 1 ? [`the first of ${from.join(", ")} that is not empty`] : []),
    ...(empty !== undefined ? [`empty becomes ${empty === "" ? "an empty text" : empty}`] : []),
    ...(leaveEmpty ? ["empty changes nothing"] : []),
  ];
  return `${parts.join("; ")}.`;
}
