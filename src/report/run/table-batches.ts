import { createFlatten } from "../sheet/flatten.ts";
import type { Column, Row } from "../sheet/table.ts";
import type { TableAnswer } from "./table-query.ts";

/** The rows of an answer as values of these columns, a few hundred at a time. */
export function* tableBatches(
  { rows, rowErrors }: Pick<TableAnswer, "rows" | "rowErrors">,
  columns: readonly Column[],
  expand: readonly string[] | undefined,
): Generator<readonly Row[], void, void> {
  const flatten = createFlatten(columns, expand);
  let position = 0;
  for (const items of rows.batches()) {
    const batch: Row[] = [];
    for (const item of items) {
      for (const row of flatten(item, rowErrors.get(position))) batch.push(row);
      position += 1;
    }
    yield batch;
  }
}
