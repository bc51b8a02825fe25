import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { coerceVariables, type ItemRow, type JobError, SYNC_DOCUMENT } from "../../graph/index.ts";
import type { RowPlace } from "../scope/graph.ts";
import { ERRORS, type JobDocument } from "./job-document.ts";
import type { Variables } from "./stored-job.ts";

interface SyncAnswer {
  readonly items: readonly {
    readonly userErrors: readonly JobError[];
    readonly warnings: readonly JobError[];
  }[];
  readonly buildings: readonly { readonly userErrors: readonly JobError[] }[];
}

// Safe: it is what the document selects.
const answerOf = (data: Variables | null | undefined) =>
  (data?.syncBitrix ?? { items: [], buildings: [] }) as SyncAnswer;

/** Errors after which something of an item may be left to do, or is not known. */
const open: ReadonlySet<string> = new Set(["NOT_DONE", "OUTCOME_UNKNOWN"]);
/** Refusals because of another record, which another row may change. */
const conflicts: ReadonlySet<string> = new Set(["OVERLAP", "NOT_UNIQUE"]);

/** The document of jobs whose rows are Bitrix items. */
export function syncDocument(
  schema: GraphQLSchema,
  read: (text: string) => DocumentNode,
  placeOf: (row: ItemRow) => RowPlace,
): JobDocument {
  const operation = read(SYNC_DOCUMENT).definitions[0] as OperationDefinitionNode;
  return {
    text: SYNC_DOCUMENT,
    requires: ["READ", "WRITE"],
    mutation: "syncBitrix",
    faultOf: (row) =>
      coerceVariables(schema, operation, { items: [row], _jobDryRun: true })
        ? undefined
        : "It is no item with its kind.",
    // Safe: a row without a fault is one.
    placeOf: (row) => placeOf(row as unknown as ItemRow),
    variablesOf: (row, needed) => ({ items: [...needed, row] }),
    payloadOf(data) {
      const result = answerOf(data).items.at(-1);
      if (!result) return undefined;
      const { userErrors, warnings, ...rest } = result;
      return { ...rest, warnings: warnings.map(ofItem), [ERRORS]: userErrors.map(ofItem) };
    },
    // A sync compares first, and waits for what may still be carried out.
    canRepeat(data) {
      const { items, buildings } = answerOf(data);
      return [...items, ...buildings].some(({ userErrors }) => userErrors.some(({ code }) => open.has(code)));
    },
    failBy({ subject = "", variables }, needed) {
      const message = `It depends on row ${needed.index + 1}, ${needed.subject}, which was not done. Mend that one, and send both again.`;
      const itemId = subject.split(" ")[1];
      return {
        state: "FAILED",
        payload: { kind: variables.kind, itemId, action: "FAILED", record: null, changes: [], warnings: [] },
        userErrors: [{ code: "PARENT_FAILED", field: null, message }],
        error: null,
      };
    },
    canFollow: ({ state, userErrors }) =>
      state === "FAILED" && userErrors.length > 0 && userErrors.every(({ code }) => conflicts.has(code)),
  };
}

/** An error of the item alone, whose place among the items of one operation tells nothing. */
const ofItem = ({ field, message, ...error }: JobError): JobError => ({
  ...error,
  field: field?.slice(2) ?? null,
  message: message.replaceAll(/ \(items\.\d+\)/g, ""),
});
