import { type Column, createColumnFactories, type FieldWith, type Row } from "../scan/column.ts";
import { texts } from "../scan/comparison.ts";
import { fold } from "../scan/fold.ts";
import { badInput } from "./bad-input.ts";
import type { FilterField } from "./filter.ts";

/** Words in one search: more are no question of a person. */
const MAX_WORDS = 50;

/**
 * A filter on these texts of a record: each word occurs in one of them, in upper or lower case. A blank text selects
 * everything. The texts are kept folded, in one column. Throws BAD_USER_INPUT for too many words.
 */
export function textSearch<T>(...fields: readonly FieldWith<T, string>[]): FilterField {
  const text = createColumnFactories<T>().text;
  const columns = fields.map((field) => text(field));
  const column: Column<string> = {
    key: "search",
    requiredFields: fields,
    comparison: texts,
    // No word has a line feed.
    read: (row: Row) => columns.map((one) => fold(one.read(row) ?? "")).join("\n"),
  };
  return (input, argument, compilation) => {
    compilation.columns.add(column);
    const words = fold(input as string)
      .split(/\s+/u)
      .filter((word) => word !== "");
    if (words.length > MAX_WORDS)
      throw badInput(
        argument,
        `${words.length} words are too many to search for; give ${MAX_WORDS} at most.`,
      );
    compilation.conditionCount += words.length;
    return (block, mask) => {
      const values = block.values(column) as readonly string[];
      for (let index = 0; index < mask.length; index++) {
        if (mask[index] === 0) continue;
        const value = values[index] as string;
        if (!words.every((word) => value.includes(word))) mask[index] = 0;
      }
    };
  };
}
