import { Batch } from "./batch.ts";
import { each, eachInTurn } from "./each.ts";
import { Finder } from "./find.ts";
import type { MappedItem } from "./mapped.ts";
import { put } from "./put.ts";
import { buildingOf, syncBuildings } from "./sync-building.ts";
import { syncContract } from "./sync-contract.ts";
import { FileSender } from "./sync-file.ts";
import { syncRoom } from "./sync-room.ts";
import type { SyncParts, SyncTools } from "./sync-tools.ts";
import { saysWhole, syncUnit } from "./sync-unit.ts";
import type { ItemTask, Task } from "./task.ts";

/** What became of a sync. */
export interface SyncResult {
  /** One per item, in the order given. */
  readonly items: readonly ItemTask[];
  /** The buildings that had to be looked for. */
  readonly buildings: readonly Task[];
  /** Clients that were given what a contract's item says of its contact, without that contact's item. */
  readonly completed: readonly ItemTask[];
}

/**
 * Brings items into Alma: what each hangs on comes before it, whatever the order of the items. An item that fails,
 * fails those that hang on it and no others. Nothing that is as its item says is written, so that sending the same
 * again is harmless.
 */
export async function sync(
  items: readonly MappedItem[],
  { work, ids, ...parts }: SyncParts,
): Promise<SyncResult> {
  const batch = new Batch(items);
  const tools: SyncTools = { ...parts, batch, finder: new Finder(parts.catalog, work, ids) };
  const files = new FileSender(tools);
  await findAll(tools);

  const buildings = await syncBuildings(tools);
  await files.send(batch.open("apartment", "unit"));
  await eachInTurn(
    [batch.open("apartment")],
    (task) => syncUnit(task, buildingOf(task, buildings), tools),
    tools,
  );
  await eachInTurn([batch.open("unit")], (task) => syncRoom(task, tools), tools);
  await files.send(batch.open("contact", "ownerContract", "tenantContract"));
  await eachInTurn([batch.open("contact")], (task) => put(task, {}, tools), tools);
  const contracts = batch.open("ownerContract", "tenantContract");
  // What ends earlier makes room for what is new.
  const [there, fresh] = [
    contracts.filter(({ before }) => before),
    contracts.filter(({ before }) => !before),
  ];
  await eachInTurn([there, fresh], (task) => syncContract(task, tools), tools);
  return { items: batch.tasks, buildings: [...buildings.values()], completed: batch.implied };
}

/** What Alma has of the items, read for all of them together. */
async function findAll(tools: SyncTools): Promise<void> {
  const { batch, finder } = tools;
  // A unit of an apartment that is let whole is not looked for as a room.
  const sought = batch
    .open("apartment", "unit", "contact", "ownerContract", "tenantContract")
    .filter((task) => task.item.kind !== "unit" || !saysWhole(batch.linked(task, "apartment")));
  await each(
    sought,
    async (task) => {
      const { kind, isImplied } = task;
      const id = task.item.id ?? "";
      // What a client was once given is not taken away again, so that an old look will do.
      const known = isImplied ? finder.remembered(kind, id) : undefined;
      if (known) task.found(known);
      if (task.over) return;
      const found = await finder.one(kind, id);
      if (found) task.found(found);
      else if (isImplied) batch.drop(task);
    },
    // Nothing is written yet.
    { report: tools.report, writer: { dryRun: true } },
    sought.length,
  );
}
