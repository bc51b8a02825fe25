import { type Freshness, kindDefinitions } from "../../../catalog/index.ts";
import type { MutationSyncBitrixArgs } from "../../../graph/generated.ts";
import {
  type GraphContext,
  inSteps,
  type NamesByBitrixId,
  type ScopeByField,
  userError,
  type WriteContext,
} from "../../../graph/index.ts";
import { isJsonObject, type JsonValue } from "../item/json-object.ts";
import { sync } from "../sync/sync.ts";
import type { ItemTask, Task } from "../task/task.ts";
import { createWriter } from "../task/writer.ts";
import { findComparedSecrets } from "./compared-fields.ts";
import { checkItemCount, toItemError } from "./item-error.ts";
import { bitrixKey } from "./sync-settings.ts";

/** `syncBitrix`. Rejects with AlmaError. */
export async function syncBitrix(
  _parent: unknown,
  { items, dryRun }: MutationSyncBitrixArgs,
  context: WriteContext,
) {
  const { settings, requestId } = context;
  const { requiredScopes } = settings;
  const { mapping, ...syncSettings } = settings.inject(bitrixKey);
  const tooManyError = checkItemCount(items.length, syncSettings.maxItems);
  if (tooManyError) return { items: [], buildings: [], userErrors: [tooManyError], written: [] };
  context.checkDeadline();
  context.mutation = "syncBitrix";
  // The sync continues until the deadline when its caller disconnects. The number of items limits its calls, so
  // maxCalls is not applied. Unless the catalog is kept fresh, it uses only data that it reads itself.
  const beginReading = (freshness: Freshness) =>
    context.detach({ endsAtDeadline: true, maxCalls: Infinity, freshness }).operation;
  const operation = beginReading({ maxAge: 0 });
  const youngOperation = operation.basis.isMaintained ? beginReading({ isOfCatalog: true }) : undefined;
  const writer = createWriter(context, dryRun, operation.startedAt);
  const report = (error: unknown) => settings.report(error, requestId);
  const mapped = await context.limits.run(
    "mapping the items",
    inSteps.map(items, ({ kind, item }) => mapping.map(kind, item)),
  );
  const result = await sync(mapped, {
    catalog: context.catalog,
    operation,
    youngOperation,
    meter: context.meter,
    writer,
    report,
    ...syncSettings,
  }).finally(() => context.forget());
  // Nothing has started, so if another process leads now, it can run the whole sync.
  const isNotDone = result.items.some(({ errors }) => errors.some(({ code }) => code === "NOT_DONE"));
  if (!context.hasSent && !dryRun && isNotDone) context.services.journal.check();
  const tasks = [...result.buildings, ...result.items, ...result.impliedClients];
  // A row of a job waits until the obstacle has passed.
  const { obstacle } = tasks.find((task) => task.obstacle) ?? {};
  if (obstacle && context.request.isBulk && !tasks.some(({ wasSent }) => wasSent)) throw obstacle;
  const impliedClientsOf = (task: ItemTask) =>
    result.impliedClients.filter(({ index }) => index === task.index);
  return {
    items: result.items.map((task) => ({
      kind: task.item.kind,
      itemId: task.item.id ?? null,
      action: task.action,
      record: () => recordViewOf(task, context),
      changes: [task, ...impliedClientsOf(task)].flatMap((changedTask) =>
        toFieldChanges(changedTask, requiredScopes, changedTask === task ? "" : `${changedTask.kind}.`),
      ),
      userErrors: task.errors.map((error) => toItemError(error, task.index)),
      warnings: [task, ...impliedClientsOf(task)].flatMap(({ warnings }) =>
        warnings.map((warning) => toItemError(warning, task.index)),
      ),
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
    // Not in the schema; only the audit log reads them.
    comparedSecrets: findComparedSecrets(result.items, requiredScopes),
    written: tasks.filter(({ wasSent }) => wasSent).map(toAuditedWrite),
  };
}

function recordViewOf({ record }: Task, context: GraphContext) {
  return record ? context.viewOf(record, context.operation.namedCutoff) : null;
}

/** Returns the changed fields. Secrets are null and marked `hidden`. */
function toFieldChanges({ kind, changes }: Task, requiredScopes: ScopeByField, prefix: string) {
  return changes.map(({ field: name, before, after }) => {
    const field = `${prefix}${name}`;
    const hidden = requiredScopes.get(`${kindDefinitions[kind].typeName}.${name}`) === "SECRETS";
    return { field, before: hidden ? null : before, after: hidden ? null : after, hidden };
  });
}

/** Describes a record written by a sync, for the audit log. */
function toAuditedWrite(task: Task) {
  const codes = task.errors.map(({ code }) => code);
  const outcome = codes.includes("OUTCOME_UNKNOWN") ? "unknown" : codes.length > 0 ? "refused" : "done";
  const name = String(task.value("externalId") ?? task.value("name"));
  return { record: task.record?.key ?? `${kindDefinitions[task.kind].typeName} ${name}`, outcome, codes };
}

/** Returns whether an item in a stored job is the contact of a client; both have the same id. */
export const namesClient: NamesByBitrixId = (row, isBitrixId) => {
  const { kind, item } = (row ?? {}) as { readonly kind?: unknown; readonly item?: JsonValue };
  return (
    kind === "CONTACT" &&
    isJsonObject(item) &&
    Object.entries(item).some(([name, value]) => /^id$/i.test(name) && isBitrixId(value))
  );
};
