import type { Operation } from "../../../catalog/index.ts";
import type { MappedItem } from "../item/mapped-item.ts";
import { Batch } from "../task/batch.ts";
import type { SyncContext, SyncOptions } from "../task/context.ts";
import { createFinder } from "../task/finder.ts";
import { forEachTask, forEachTaskInGroups } from "../task/for-each-task.ts";
import { parentFailedError } from "../task/task.ts";
import { upsert } from "../task/upsert.ts";
import type { Writer } from "../task/writer.ts";
import { archivedWarning, isArchivedObject } from "./archived.ts";
import { buildingOf, syncBuildings } from "./building.ts";
import { syncContract } from "./contract.ts";
import { createFileUploader } from "./file-uploader.ts";
import { syncRoom } from "./room.ts";
import { isItemLetWhole, syncUnit } from "./unit.ts";

/**
 * Creates and updates the records of Bitrix items. Regardless of the order of the items, records are written in the
 * order buildings, units, rooms, clients, contracts; files are uploaded before the records that refer to them. A failed
 * item fails only the items that depend on it. A record that equals its item is not written, so repeating a sync is
 * harmless.
 */
export async function sync(
  items: readonly MappedItem[],
  {
    youngOperation,
    ...options
  }: SyncOptions & {
    /** Reads data as old as the catalog allows, so that an unchanged item needs no read. */
    readonly youngOperation?: Operation;
  },
) {
  const compared =
    youngOperation &&
    (await syncBatch(items, { ...options, operation: youngOperation, writer: plannedBy(options.writer) }));
  const { batch, buildings } = await syncBatch(items, options, compared?.batch);
  for (const { record, warnings } of batch.tasks)
    if (record && isArchivedObject(record)) warnings.push(archivedWarning(record));
  return {
    /** One task per item, in the given order. */
    items: batch.tasks,
    /** The buildings of new and moving apartments. */
    buildings: [...buildings.values()],
    /** Clients whose contact is not among the items, but which a contract's item added data to. */
    impliedClients: batch.impliedTasks,
  };
}

/** Writes nothing, and assumes that every write succeeds. */
const plannedBy = (writer: Writer): Writer => ({
  dryRun: true,
  create: async () => ({ userErrors: [], isWritten: false }),
  update: async ({ id }) => ({ id, userErrors: [], isWritten: false }),
  upload: async () => ({ userErrors: [], isWritten: false }),
  checkSettled: (record) => writer.checkSettled(record),
});

/** `compared`: items from a first comparison; the unchanged ones need no further check. */
async function syncBatch(
  items: readonly MappedItem[],
  { operation, ...options }: SyncOptions,
  compared?: Batch,
) {
  const batch = await options.meter.run("syncing the items", Batch.create(items));
  const unchanged = compared ? batch.adoptUnchanged(compared) : [];
  const finder = createFinder(options.catalog, operation);
  const context: SyncContext = { ...options, batch, finder };
  const uploadFiles = createFileUploader(context);
  await findExisting(context);

  const buildings = await syncBuildings(context);
  await uploadFiles(batch.openTasks("apartment", "unit"));
  await forEachTaskInGroups(
    [batch.openTasks("apartment")],
    (task) => syncUnit(task, buildingOf(task, buildings), context),
    context,
  );
  await forEachTaskInGroups([batch.openTasks("unit")], (task) => syncRoom(task, context), context);
  await uploadFiles(batch.openTasks("contact", "ownerContract", "tenantContract"));
  await forEachTaskInGroups([batch.openTasks("contact")], (task) => upsert(task, {}, context), context);
  const contracts = batch.openTasks("ownerContract", "tenantContract");
  // Updates come first: a contract that ends earlier makes room for a new one.
  const updates = contracts.filter(({ before }) => before);
  const creates = contracts.filter(({ before }) => !before);
  await forEachTaskInGroups([updates, creates], (task) => syncContract(task, context), context);
  for (const task of unchanged) {
    const parent = batch.failedParentOf(task);
    if (parent) task.fail(parentFailedError(parent));
  }
  return { batch, buildings };
}

/** Reads the existing records of all items together. */
async function findExisting(context: SyncContext) {
  const { batch, finder } = context;
  // A Bitrix unit of an apartment that is let as a whole has no room.
  const searched = batch
    .openTasks("apartment", "unit", "contact", "ownerContract", "tenantContract")
    .filter((task) => task.item.kind !== "unit" || !isItemLetWhole(batch.linkedTask(task, "apartment")));
  await forEachTask(
    searched,
    async (task) => {
      const { kind, isImplied } = task;
      const id = task.item.id ?? "";
      // An implied contact only fills empty fields. A cached record suffices to see that no field is empty.
      const cached = isImplied ? finder.peek(kind, id) : undefined;
      if (cached) task.setExisting(cached);
      if (task.isDone) return;
      const existing = await finder.find(kind, id);
      if (existing) task.setExisting(existing);
      else if (isImplied) batch.dropImplied(task);
    },
    // Errors at this stage leave nothing partly written, as in a dry run.
    { report: context.report, writer: { dryRun: true } },
    // All concurrently, so that the finder reads them together.
    searched.length,
  );
}
