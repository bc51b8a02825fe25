import type { OperationDefinitionNode } from "graphql";
import { coerceVariables, type UserError } from "../../graph/index.ts";
import type { RouteParts } from "../../server/index.ts";
import type { Mapping } from "../bitrix/api.ts";
import { DRY_RUN_VARIABLE, type JobDocument } from "../jobs/api.ts";
import { type ItemRow, placeOfItem, SYNC_DOCUMENT } from "./sync-job.ts";

interface SyncAnswer {
  readonly items: readonly {
    readonly userErrors: readonly UserError[];
    readonly warnings: readonly UserError[];
  }[];
}

/** Creates the document of jobs whose rows are Bitrix items. */
export function syncDocument({ graph: { schema }, readDocument }: RouteParts, mapping: Mapping): JobDocument {
  const operation = readDocument(SYNC_DOCUMENT).definitions[0] as OperationDefinitionNode;
  return {
    text: SYNC_DOCUMENT,
    requires: ["READ", "WRITE"],
    mutation: "syncBitrix",
    faultOf: (row) =>
      coerceVariables(schema, operation, { items: [row], [DRY_RUN_VARIABLE]: true })
        ? undefined
        : "It is not an item with its kind.",
    // Safe: a row without an error is an ItemRow.
    placeOf: (row) => placeOfItem(mapping, row as unknown as ItemRow),
    variablesOf: (row, needed) => ({ items: [...needed, row] }),
    payloadOf(data) {
      // Safe: the document selects it.
      const result = (data?.syncBitrix as SyncAnswer | null | undefined)?.items.at(-1);
      if (!result) return undefined;
      const { userErrors, warnings, ...rest } = result;
      return {
        payload: { ...rest, warnings: warnings.map(ofItem) },
        userErrors: userErrors.map(ofItem),
      };
    },
    // Another row may have caused the conflict. Items that may have been sent are compared first, as in every sync.
    open: new Set(["OVERLAP", "NOT_UNIQUE", "PARENT_FAILED", "NOT_DONE", "OUTCOME_UNKNOWN"]),
    failBy({ subject = "" }, variables, needed) {
      const message = `It depends on row ${needed.index + 1}, ${needed.subject}, which was not done. Correct that one, and send both again.`;
      const itemId = subject.split(" ")[1];
      return {
        state: "FAILED",
        payload: { kind: variables.kind, itemId, action: "FAILED", record: null, changes: [], warnings: [] },
        userErrors: [{ code: "PARENT_FAILED", field: null, message }],
        error: null,
      };
    },
  };
}

/** Removes an error's item index, which is meaningless to the caller of a job. */
const ofItem = ({ field, message, ...error }: UserError): UserError => ({
  ...error,
  field: field?.slice(2) ?? null,
  message: message.replaceAll(/ \(items\.\d+\)/g, ""),
});
