import type { GraphQLFormattedError } from "graphql";
import { JsonText } from "../../../graph/index.ts";
import type { ExecutedOperation, ExecuteOperation, TableOptions } from "../../../server/index.ts";
import { CollectedRows } from "../sheet/collected-rows.ts";
import { createFlatten, type ErrorPath, valueAt } from "../sheet/flatten.ts";
import type { Column, Row } from "../sheet/table.ts";
import { failureOf, OperationFailure } from "./operation-failure.ts";

/** The rows of an answer, and what it lacks. */
export type TableAnswer = Awaited<ReturnType<typeof queryTable>>;

/** Executes an operation for the caller of a request. */
export type ExecuteForCaller = (
  asked: Parameters<ExecuteOperation>[2],
  table: TableOptions,
) => Promise<ExecutedOperation>;

/** Why there is no whole table, where one that lacks something could be had. */
export class IncompleteTable extends OperationFailure {}

/** What `extensions.alma` says. */
interface Cost {
  readonly calls?: number;
  readonly oldest?: string | null;
  readonly cutByDefault?: readonly string[];
  readonly missingSettings?: readonly string[];
}

/**
 * Executes a query and collects the items of the list that `execute` chooses as rows. Rejects with an OperationFailure,
 * also if the answer lacks something and `acceptsPartial` is false. `expand`: the path, from a row, of the list that
 * its rows are expanded by.
 */
export async function queryTable(
  execute: (rows: CollectedRows) => Promise<ExecutedOperation>,
  acceptsPartial: boolean,
  expand?: readonly string[],
) {
  const rows = new CollectedRows();
  const { response, meter, admission, repeatable } = await execute(rows);
  const { path } = rows;
  const { body } = response;
  const { data = null, errors: told = [], extensions = {} } = body.kind === "single" ? body.singleResult : {};
  // Its list of rows is empty.
  const plain = data instanceof JsonText ? data.toJSON() : data;
  const hasList = Array.isArray(valueAt(plain, path));
  const failure = failureOf(response);
  if (failure && !hasList) throw failure;
  const errors = told.filter(({ extensions: said }) => said?.code !== "FORBIDDEN");
  if (data === null)
    throw new OperationFailure(
      400,
      "BAD_USER_INPUT",
      "This query has no data to be shown as a table. Ask for its answer as JSON.",
    );
  if (hasList) await rows.settle();
  if (errors.length > 0 && !acceptsPartial) throw incomplete(errors);
  const overload = admission.holdAnswer(rows.bytes);
  if (overload) throw new OperationFailure(503, overload.code, overload.message, String(overload.retryAfter));
  const { rowErrors, omissions } = sortErrors(errors, path, expand);
  const {
    calls = 0,
    oldest = null,
    cutByDefault = [],
    missingSettings = [],
  } = (extensions.alma ?? {}) as Cost;
  return {
    rows,
    /** The errors in rows, by the position of the row, with their paths from there. */
    rowErrors,
    /** How many values could not be read. */
    unreadable: errors.length - omissions,
    /** How many errors tell of rows that may be missing. */
    omissions,
    /** Calls to Alma. */
    calls,
    /** When its oldest data was read, as a date; null if there is none. */
    oldest,
    /** The same of what it is compared with. */
    oldestBefore: null as string | null,
    /** The lists that the default page size has cut. */
    cutByDefault,
    /** The settings of the gateway without which some of its values are empty. */
    missingSettings,
    /** The scopes without which some of its values are empty, as `@missingScopes` asks. */
    missingScopes: [...new Set(told.flatMap(({ extensions: said }) => (said?.missing ?? []) as string[]))],
    meter,
    /** Whether the same would be answered now. */
    isCurrent: () => told.length === 0 && repeatable?.standing() === "current",
  };
}

/** Tells the errors about values in rows from those about lists that may lack rows. */
function sortErrors(
  errors: readonly GraphQLFormattedError[],
  path: readonly string[],
  expand: readonly string[] | undefined,
) {
  const rowErrors = new Map<number, ErrorPath[]>();
  let omissions = 0;
  for (const { path: at = [] } of errors) {
    const index = at[path.length];
    if (typeof index !== "number" || !path.every((key, position) => at[position] === key)) {
      omissions += 1;
      continue;
    }
    const below = at.slice(path.length + 1);
    if (expand && below.length <= expand.length && below.every((key, position) => key === expand[position]))
      omissions += 1;
    const known = rowErrors.get(index);
    if (known) known.push(below);
    else rowErrors.set(index, [below]);
  }
  return { rowErrors, omissions };
}

function incomplete(errors: readonly GraphQLFormattedError[]) {
  const [first] = errors;
  const count = errors.length === 1 ? "One part of it" : `${errors.length} parts of it`;
  return new IncompleteTable(
    502,
    String(first?.extensions?.code ?? "INTERNAL_SERVER_ERROR"),
    `This table would be incomplete, so it is not given. ${count} could not be read; of the first, ` +
      `${first?.path?.join(".") ?? ""}, is said: ${first?.message} Try again later, or add _partial=1 to the address to get ` +
      "what there is, with #N/A for what is not.",
  );
}

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
