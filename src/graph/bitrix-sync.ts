import { type SyncError, sync, type Task } from "../bitrix/index.ts";
import { facts, type Kind } from "../catalog/index.ts";
import { BitrixWriter } from "./bitrix-writer.ts";
import type { GraphContext } from "./context.ts";
import type { BitrixItemInput, MutationSyncBitrixArgs } from "./generated.ts";
import type { Handle } from "./handle.ts";
import { type Hiding, isHidden } from "./hidden.ts";
import { type ArgumentPath, type UserError, userError } from "./user-error.ts";
import type { WriteSpec } from "./write-spec.ts";

/** One record that a sync wrote, for the audit. */
interface Written {
  readonly record: string;
  readonly outcome: "done" | "refused" | "unknown" | "failed";
  readonly codes: readonly string[];
}

/** `syncBitrix`: brings items into Alma by the creates and updates of `specs`. */
export function syncBitrix(specs: Readonly<Record<Kind, { readonly write: WriteSpec }>>, hiding: Hiding) {
  return async (_parent: unknown, { items, dryRun }: MutationSyncBitrixArgs, context: GraphContext) => {
    const { settings, requestId } = context;
    const { mapping, ...bitrix } = settings.bitrix;
    const excess = tooMany(items, context);
    if (excess) return { items: [], buildings: [], userErrors: [excess], written: [] };
    context.checkTime();
    // It goes on when its caller leaves, until its time is over. What is to be written is decided on what is read for
    // that purpose; the number of items bounds the calls.
    const { work } = context.aside({
      endsInTime: true,
      maxCalls: Number.POSITIVE_INFINITY,
      freshness: { maxAge: 0 },
    });
    const writer = new BitrixWriter(context, specs, dryRun, work.start);
    const report = (error: unknown) => settings.report(error, requestId);
    const mapped = items.map(({ kind, item }) => mapping.map(kind, item));
    const done = await sync(mapped, { catalog: context.catalog, work, writer, report, ...bitrix }).finally(
      () => context.forget(),
    );
    return {
      items: done.items.map((task) => ({
        kind: task.item.kind,
        itemId: task.item.id ?? null,
        action: task.action,
        record: () => recordOf(task, context),
        changes: [task, ...done.completed.filter(({ index }) => index === task.index)].flatMap((one) =>
          changesOf(one, context, hiding, one === task ? "" : `${one.kind}.`),
        ),
        userErrors: task.errors.map((error) => placed(error, task.index)),
      })),
      buildings: done.buildings
        .filter(({ action }) => action !== "UNCHANGED")
        .map((task) => ({
          name: task.value("name"),
          action: task.action,
          building: () => recordOf(task, context),
          userErrors: task.errors.map(({ code, message }) => userError(code, [], message)),
        })),
      userErrors: [],
      // Not of the schema: what the audit tells of.
      written: [...done.buildings, ...done.items, ...done.completed]
        .filter(({ written }) => written)
        .map(writtenOf),
    };
  };
}

/** That more items are given at once than are allowed. */
export function tooMany(
  items: readonly BitrixItemInput[],
  { settings }: GraphContext,
): UserError | undefined {
  const { maxItems } = settings.bitrix;
  if (items.length <= maxItems) return undefined;
  const message = `${items.length} items are too many for one request; send ${maxItems} at most (BITRIX_MAX_ITEMS).`;
  return userError("INVALID", ["items"], message);
}

/** An error at its Bitrix field in the caller's items. */
export function placed({ code, message, field }: SyncError, index: number): UserError {
  const path: ArgumentPath = ["items", index, "item"];
  return userError(code, field === undefined ? path : [...path, field], message);
}

function recordOf({ entry }: Task, context: GraphContext): Handle | null {
  return entry ? context.handle(entry, context.work.named) : null;
}

/** What was changed, without what the caller may not see. */
function changesOf({ kind, changes }: Task, context: GraphContext, hiding: Hiding, prefix: string) {
  return changes.map(({ field: name, before, after }) => {
    const field = `${prefix}${name}`;
    const hidden = isHidden(hiding, facts[kind].typeName, name, context.scopes);
    return { field, before: hidden ? null : before, after: hidden ? null : after, hidden };
  });
}

function writtenOf(task: Task): Written {
  const codes = task.errors.map(({ code }) => code);
  const outcome = codes.includes("OUTCOME_UNKNOWN") ? "unknown" : codes.length > 0 ? "refused" : "done";
  const name = String(task.value("externalId") ?? task.value("name"));
  return { record: task.entry?.key ?? `${facts[task.kind].typeName} ${name}`, outcome, codes };
}
