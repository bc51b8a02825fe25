import type { MappedItem } from "../item/mapped-item.ts";
import { Batch } from "./batch.ts";
import { buildingOf, syncBuildings } from "./building.ts";
import type { SyncContext, SyncOptions } from "./context.ts";
import { syncContract } from "./contract.ts";
import { FileUploader } from "./file-uploader.ts";
import { Finder } from "./finder.ts";
import { forEachTask, forEachTaskInGroups } from "./for-each-task.ts";
import { syncRoom } from "./room.ts";
import type { ItemTask, Task } from "./task.ts";
import { saysLetWhole, syncUnit } from "./unit.ts";
import { upsert } from "./upsert.ts";

/** What became of a sync. */
export interface SyncResult {
  /** One per item, in the order given. */
  readonly items: readonly ItemTask[];
  /** The buildings that had to be looked for. */
  readonly buildings: readonly Task[];
  /** Clients that were given what a contract's item says of its contact, without that contact's item. */
  readonly impliedClients: readonly ItemTask[];
}

/**
 * Brings items into Alma: what each hangs on comes before it, whatever the order of the items. An item that fails,
 * fails those that hang on it and no others. Nothing that is as its item says is written, so that sending the same
 * again is harmless.
 */
export async function sync(
  items: readonly MappedItem[],
  { operation, knownIds, ...options }: SyncOptions,
): Promise<SyncResult> {
  const batch = new Batch(items);
  const context: SyncContext = {
    ...options,
    batch,
    finder: new Finder(options.catalog, operation, knownIds),
  };
  const files = new FileUploader(context);
  await findExisting(context);

  const buildings = await syncBuildings(context);
  await files.uploadFiles(batch.openTasks("apartment", "unit"));
  await forEachTaskInGroups(
    [batch.openTasks("apartment")],
    (task) => syncUnit(task, buildingOf(task, buildings), context),
    context,
  );
  await forEachTaskInGroups([batch.openTasks("unit")], (task) => syncRoom(task, context), context);
  await files.uploadFiles(batch.openTasks("contact", "ownerContract", "tenantContract"));
  await forEachTaskInGroups([batch.openTasks("contact")], (task) => upsert(task, {}, context), context);
  const contracts = batch.openTasks("ownerContract", "tenantContract");
  // What ends earlier makes room for what is new.
  const [existing, added] = [
    contracts.filter(({ before }) => before),
    contracts.filter(({ before }) => !before),
  ];
  await forEachTaskInGroups([existing, added], (task) => syncContract(task, context), context);
  return { items: batch.tasks, buildings: [...buildings.values()], impliedClients: batch.impliedTasks };
}

/** What Alma has of the items, read for all of them together. */
async function findExisting(context: SyncContext): Promise<void> {
  const { batch, finder } = context;
  // A unit of an apartment that is let whole is not looked for as a room.
  const searched = batch
    .openTasks("apartment", "unit", "contact", "ownerContract", "tenantContract")
    .filter((task) => task.item.kind !== "unit" || !saysLetWhole(batch.linkedTask(task, "apartment")));
  await forEachTask(
    searched,
    async (task) => {
      const { kind, isImplied } = task;
      const id = task.item.id ?? "";
      // What a client was once given is not taken away again, so that an old look will do.
      const remembered = isImplied ? finder.peek(kind, id) : undefined;
      if (remembered) task.setExisting(remembered);
      if (task.isDone) return;
      const found = await finder.find(kind, id);
      if (found) task.setExisting(found);
      else if (isImplied) batch.dropImplied(task);
    },
    // Nothing is written yet.
    { report: context.report, writer: { dryRun: true } },
    searched.length,
  );
}
