import { comparableName, OperationFailure, valueAt } from "../../reports/api.ts";
import type { Import } from "../import.ts";
import type { ImportJobs } from "./import-job.ts";
import { MAX_FAULTS, type NumberedRow, type ReadRow, type RowFault } from "./import-rows.ts";

/** Concurrent searches for records. */
const AT_ONCE = 8;

/**
 * Adds the ids of records to the rows of a table: looks up Bitrix ids and names; all other names in the row must match
 * the record. Reports a record that occurs in several rows, unless they request the same change.
 */
export async function findRecords(
  { ask }: Pick<ImportJobs, "ask">,
  definition: Import,
  rows: readonly ReadRow[],
) {
  const faults: RowFault[] = [];
  const found: NumberedRow[] = [];
  for (let start = 0; start < rows.length && faults.length <= MAX_FAULTS; start += AT_ONCE)
    found.push(
      ...(await Promise.all(
        rows.slice(start, start + AT_ONCE).map((row) => find(ask, definition, row, faults)),
      )),
    );
  const [key] = definition.columns;
  const seen = new Map<string, { readonly number: number; readonly asks: string }>();
  const unique = found.filter(({ number, variables }) => {
    const ref = JSON.stringify(variables[key?.variable ?? ""]);
    const asks = JSON.stringify(variables);
    const earlier = ref === undefined ? undefined : seen.get(ref);
    if (!earlier) seen.set(ref, { number, asks });
    // A report may contain a record in several rows.
    else if (!key?.only || earlier.asks !== asks)
      faults.push({
        row: number,
        column: key?.title ?? "",
        message: `is that of row ${earlier.number} too. Leave one of them out.`,
      });
    return !earlier;
  });
  faults.sort((one, other) => one.row - other.row);
  return { rows: unique, faults };
}

async function find(
  ask: ImportJobs["ask"],
  { columns: [key], names, find: queries }: Import,
  { number, variables, names: rowNames }: ReadRow,
  faults: RowFault[],
): Promise<NumberedRow> {
  if (!key?.only || !queries) return { number, variables };
  const refuse = (column: string, message: string) => {
    faults.push({ row: number, column, message });
    return { number, variables };
  };
  const ref = variables[key.variable] as Readonly<Record<string, unknown>> | undefined;
  const known = (id: unknown) => ({ number, variables: { ...variables, [key.variable]: { id } } });
  const own = typeof ref?.almaId === "number" ? `${key.only}:${ref.almaId}` : ref?.id;
  if (own !== undefined && rowNames.length === 0) return known(own);
  let record: unknown;
  if (ref)
    try {
      ({ record } = await ask<{ readonly record: unknown }>(queries.byRef, { ref }));
    } catch (error) {
      if (!(error instanceof OperationFailure) || rowNames.length > 0) throw error;
    }
  else {
    const needed = names.flatMap(({ find, title }, index) => {
      const text = rowNames.find((one) => one.index === index)?.text;
      return find ? [{ find, title, text }] : [];
    });
    const missing = needed.filter(({ text }) => text === undefined).map(({ title }) => title);
    if (needed.length === 0 || missing.length > 0)
      return refuse(
        key.title,
        `is empty, and so is ${missing.join(" and ")}. Write one or the other: digits alone are an id only here.`,
      );
    const and = needed.map(({ find, text }) =>
      find.reduceRight<unknown>((inner, field) => ({ [field]: inner }), { eq: text }),
    );
    const { records } = await ask<{ readonly records: { readonly nodes: readonly unknown[] } }>(
      queries.byNames,
      {
        filter: { and },
      },
    );
    const called = needed.map(({ title, text }) => `${title} ${JSON.stringify(text)}`).join(" and ");
    if (records.nodes.length !== 1)
      return refuse(
        key.title,
        `is empty, and Alma has ${records.nodes.length === 0 ? "no record" : "several records"} with ${called}. Write the id.`,
      );
    [record] = records.nodes;
  }
  const id = valueAt(record, ["id"]);
  // The job reports that there is no such record.
  if (id === undefined) return own === undefined ? { number, variables } : known(own);
  for (const { index, title, text } of rowNames) {
    const shown = valueAt(record, names[index]?.shows.slice(1) ?? []);
    if (comparableName(shown) !== comparableName(text))
      refuse(
        title,
        `is ${JSON.stringify(text)}, and ${id} has ${JSON.stringify(shown ?? "")} there. Correct one of them.`,
      );
  }
  return known(id);
}
