import { type SyncError, sync, type Task } from "../../bitrix/index.ts";
import { type Kind, kindDefinitions } from "../../catalog/index.ts";
import type { BitrixItemInput, MutationSyncBitrixArgs } from "../generated.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../record/record-view.ts";
import { isHidden, type RequiredScopes } from "../record/required-scopes.ts";
import { type ArgumentPath, type UserError, userError } from "../write/user-error.ts";
import type { WriteContext } from "../write/write-context.ts";
import type { WriteSpec } from "../write/write-spec.ts";
import { GraphWriter } from "./graph-writer.ts";

/** One record that a sync wrote, for the audit. */
interface AuditedWrite {
  readonly record: string;
  readonly outcome: "done" | "refused" | "unknown" | "failed";
  readonly codes: readonly string[];
}

/** `syncBitrix`: brings items into Alma by the creates and updates of `specs`. */
export function syncBitrix(
  specs: Readonly<Record<Kind, { readonly write: WriteSpec }>>,
  hiding: RequiredScopes,
) {
  return async (_parent: unknown, { items, dryRun }: MutationSyncBitrixArgs, context: WriteContext) => {
    const { settings, requestId } = context;
    const { mapping, ...syncSettings } = settings.bitrix;
    const tooManyError = checkItemCount(items, context);
    if (tooManyError) return { items: [], buildings: [], userErrors: [tooManyError], written: [] };
    context.checkDeadline();
    // It goes on when its caller leaves, until its time is over. What is to be written is decided on what is read for
    // that purpose; the number of items bounds the calls.
    const { operation } = context.detach({
      endsAtDeadline: true,
      maxCalls: Number.POSITIVE_INFINITY,
      freshness: { maxAge: 0 },
    });
    const writer = new GraphWriter(context, specs, dryRun, operation.startedAt);
    const report = (error: unknown) => settings.report(error, requestId);
    const mapped = items.map(({ kind, item }) => mapping.map(kind, item));
    const result = await sync(mapped, {
      catalog: context.catalog,
      operation,
      writer,
      report,
      ...syncSettings,
    }).finally(() => context.forget());
    return {
      items: result.items.map((task) => ({
        kind: task.item.kind,
        itemId: task.item.id ?? null,
        action: task.action,
        record: () => recordViewOf(task, context),
        changes: [task, ...result.impliedClients.filter(({ index }) => index === task.index)].flatMap(
          (changedTask) =>
            toFieldChanges(changedTask, context, hiding, changedTask === task ? "" : `${changedTask.kind}.`),
        ),
        userErrors: task.errors.map((error) => toItemError(error, task.index)),
      })),
      buildings: result.buildings
        .filter(({ action }) => action !== "UNCHANGED")
        .map((task) => ({
          name: task.value("name"),
          action: task.action,
          building: () => recordViewOf(task, context),
          userErrors: task.errors.map(({ code, message }) => userError(code, [], message)),
        })),
      userErrors: [],
      // Not of the schema: what the audit tells of.
      written: [...result.buildings, ...result.items, ...result.impliedClients]
        .filter(({ hasWritten: written }) => written)
        .map(toAuditedWrite),
    };
  };
}

/** That more items are given at once than are allowed. */
export function checkItemCount(
  items: readonly BitrixItemInput[],
  { settings }: GraphContext,
): UserError | undefined {
  const { maxItems } = settings.bitrix;
  if (items.length <= maxItems) return undefined;
  const message = `${items.length} items are too many for one request; send ${maxItems} at most (BITRIX_MAX_ITEMS).`;
  return userError("INVALID", ["items"], message);
}

/** An error at its Bitrix field in the caller's items. */
export function toItemError({ code, message, field }: SyncError, index: number): UserError {
  const path: ArgumentPath = ["items", index, "item"];
  return userError(code, field === undefined ? path : [...path, field], message);
}

function recordViewOf({ record }: Task, context: GraphContext): RecordView | null {
  return record ? context.viewOf(record, context.operation.namedCutoff) : null;
}

/** What was changed, without what the caller may not see. */
function toFieldChanges(
  { kind, changes }: Task,
  context: GraphContext,
  hiding: RequiredScopes,
  prefix: string,
) {
  return changes.map(({ field: name, before, after }) => {
    const field = `${prefix}${name}`;
    const hidden = isHidden(hiding, kindDefinitions[kind].typeName, name, context.scopes);
    return { field, before: hidden ? null : before, after: hidden ? null : after, hidden };
  });
}

function toAuditedWrite(task: Task): AuditedWrite {
  const codes = task.errors.map(({ code }) => code);
  const outcome = codes.includes("OUTCOME_UNKNOWN") ? "unknown" : codes.length > 0 ? "refused" : "done";
  const name = String(task.value("externalId") ?? task.value("name"));
  return { record: task.record?.key ?? `${kindDefinitions[task.kind].typeName} ${name}`, outcome, codes };
}
