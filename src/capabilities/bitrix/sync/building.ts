import type { KnownFields } from "../../../catalog/index.ts";
import type { SyncContext } from "../task/context.ts";
import { forEachTask } from "../task/for-each-task.ts";
import { type ItemTask, Task } from "../task/task.ts";
import { upsert } from "../task/upsert.ts";

/**
 * Creates the buildings named by apartments, each name once (Alma: Buildings, POST: a name is unique within its
 * project). Skips the lookup if an apartment is already in a building of that name. Returns the tasks by name.
 */
export async function syncBuildings(context: SyncContext): Promise<ReadonlyMap<string, Task>> {
  const buildings = new Map<string, Task>();
  for (const apartment of context.batch.openTasks("apartment")) {
    const name = buildingNameOf(apartment);
    if (name !== undefined && !isInBuilding(apartment, name)) {
      const task = buildings.get(name) ?? new Task("building");
      for (const field of apartment.item.fields) {
        if (field.record === "building" && field.value != null) task.fields.set(field.field, field);
      }
      task.fields.set("name", { ...task.fields.get("name"), value: name });
      buildings.set(name, task);
    }
  }
  await forEachTask([...buildings.values()], (task) => upsert(task, {}, context), context);
  return buildings;
}

/** Returns the building to which an apartment moves; undefined if its item has no building or the current one. */
export function buildingOf(apartment: ItemTask, buildings: ReadonlyMap<string, Task>): Task | undefined {
  const name = buildingNameOf(apartment);
  return name === undefined || isInBuilding(apartment, name) ? undefined : buildings.get(name);
}

function buildingNameOf({ item }: ItemTask) {
  const nameField = item.fields.find(({ record, field }) => record === "building" && field === "name");
  return typeof nameField?.value === "string" ? nameField.value.trim() : undefined;
}

function isInBuilding({ before }: ItemTask, name: string) {
  return (before as KnownFields<"unit"> | undefined)?.building?.name?.trim() === name;
}
