import type { GraphQLFormattedError } from "graphql";
import { type ExecuteOperation, statusOfCode } from "../../../server/index.ts";
import type { CollectedRows } from "../sheet/collected-rows.ts";
import { createFlatten, type ErrorPath, valueAt } from "../sheet/flatten.ts";
import type { Column, SheetRow } from "../sheet/table.ts";
import { failureOf, IncompleteTableError, OperationFailure } from "./failure.ts";

/** The code of an answer that is complete, but may mix records from before and after a write. */
const OVERLAPPED = "OVERLAPPED";

/** The rows of an answer, and the missing data. */
export type TableAnswer = Awaited<ReturnType<typeof readTable>>;

/** Executes an operation for the caller of a request. */
export type ExecuteForCaller = (
  operationRequest: Parameters<ExecuteOperation>[2],
  table: Parameters<ExecuteOperation>[3],
) => ReturnType<ExecuteOperation>;

/**
 * Reads the answer of an operation that puts the items of one list into `rows`. Rejects with an OperationFailure, also
 * if the answer is incomplete and `acceptsPartial` is false. `expand`: the path, from a row, of the list that expands
 * it.
 */
export async function readTable(
  execution: ReturnType<ExecuteOperation>,
  rows: CollectedRows,
  acceptsPartial: boolean,
  expand?: readonly string[],
) {
  const { response, meter, admission, cacheInfo } = await execution;
  const { path } = rows;
  const { data = null, errors: allErrors = [], extensions = {} } = response.body.singleResult;
  // Its list of rows is empty.
  const hasList = Array.isArray(valueAt(JSON.parse(JSON.stringify(data)), path));
  const failure = failureOf(response);
  if (failure && !hasList) throw failure;
  const errors = allErrors.filter(({ extensions }) => extensions?.code !== "FORBIDDEN");
  if (data === null)
    throw new OperationFailure(
      400,
      "BAD_USER_INPUT",
      "This query has no data to be shown as a table. Ask for its answer as JSON.",
    );
  if (hasList) await rows.settle();
  if (errors.length > 0 && !acceptsPartial) throw incomplete(errors);
  const overload = admission.countUnread(rows.bytes);
  if (overload) throw new OperationFailure(503, overload.code, overload.message, String(overload.retryAfter));
  const { rowErrors, omissions } = sortErrors(errors, path, expand);
  const {
    calls = 0,
    oldest = null,
    cutByDefault = [],
    missingSettings = [],
  } = (extensions.alma ?? {}) as {
    readonly calls?: number;
    readonly oldest?: string | null;
    readonly cutByDefault?: readonly string[];
    readonly missingSettings?: readonly string[];
  };
  return {
    rows,
    /** The errors in rows by row index, with their paths within the row. */
    rowErrors,
    /** The number of unreadable values. */
    unreadable: errors.length - omissions,
    /** The number of errors about possibly missing rows. */
    omissions,
    /** The number of calls to Alma. */
    calls,
    /** When its oldest data was read, as a date; null if there is none. */
    oldest,
    /** When the oldest data of the comparison was read. */
    oldestBefore: null as string | null,
    /** The lists truncated by the default page size. */
    cutByDefault,
    /** The missing settings that leave some values empty. */
    missingSettings,
    /** The missing scopes that leave some values empty (`@missingScopes`). */
    missingScopes: [
      ...new Set(allErrors.flatMap(({ extensions }) => (extensions?.missing ?? []) as string[])),
    ],
    meter,
    /** Returns whether the answer would be the same now. */
    isCurrent: () => allErrors.length === 0 && cacheInfo?.validity() === "current",
  };
}

/** Separates errors about values in rows from errors about lists that may lack rows. */
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

/** Creates the error for a table that lacks something, or else whose records were written while it was made. */
function incomplete(errors: readonly GraphQLFormattedError[]) {
  const unread = errors.filter(({ extensions }) => extensions?.code !== OVERLAPPED);
  const [first] = unread;
  if (!first)
    return new IncompleteTableError(
      statusOfCode(OVERLAPPED),
      OVERLAPPED,
      `This table may be inconsistent, so it was not returned. ${errors[0]?.message}`,
    );
  const count = unread.length === 1 ? "One part of it" : `${unread.length} parts of it`;
  return new IncompleteTableError(
    502,
    String(first.extensions?.code ?? "INTERNAL_SERVER_ERROR"),
    `This table would be incomplete, so it was not returned. ${count} could not be read; the first is ` +
      `${first.path?.join(".") ?? ""}: ${first.message}`,
    undefined,
    first.extensions,
  );
}

/** Yields the rows of an answer as values of these columns, a few hundred at a time. */
export function* tableBatches(
  { rows, rowErrors }: Pick<TableAnswer, "rows" | "rowErrors">,
  columns: readonly Column[],
  expand: readonly string[] | undefined,
): Generator<readonly SheetRow[], void, void> {
  const flatten = createFlatten(columns, expand);
  let position = 0;
  for (const items of rows.batches()) {
    const batch: SheetRow[] = [];
    for (const item of items) {
      for (const row of flatten(item, rowErrors.get(position))) batch.push(row);
      position += 1;
    }
    yield batch;
  }
}
