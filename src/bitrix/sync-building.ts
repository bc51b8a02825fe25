import type { Known } from "../catalog/index.ts";
import { each } from "./each.ts";
import { put } from "./put.ts";
import type { SyncTools } from "./sync-tools.ts";
import { type ItemTask, Task } from "./task.ts";

/**
 * Brings in the buildings that apartments name (Alma: Buildings, POST: a name is unique within its project). An
 * apartment that is in a building of this name already needs nothing.
 */
export async function syncBuildings(tools: SyncTools): Promise<ReadonlyMap<string, Task>> {
  const buildings = new Map<string, Task>();
  for (const apartment of tools.batch.open("apartment")) {
    const name = buildingName(apartment);
    if (name !== undefined && !isIn(apartment, name)) {
      const task = buildings.get(name) ?? new Task("building");
      for (const field of apartment.item.fields) {
        if (field.record === "building" && field.value != null) task.fields.set(field.field, field);
      }
      task.fields.set("name", { ...task.fields.get("name"), value: name });
      buildings.set(name, task);
    }
  }
  await each([...buildings.values()], (task) => put(task, {}, tools), tools);
  return buildings;
}

/** The building that an apartment is to be brought into; undefined if it is in it already, or names none. */
export function buildingOf(apartment: ItemTask, buildings: ReadonlyMap<string, Task>): Task | undefined {
  const name = buildingName(apartment);
  return name === undefined || isIn(apartment, name) ? undefined : buildings.get(name);
}

function buildingName({ item }: ItemTask): string | undefined {
  const found = item.fields.find(({ record, field }) => record === "building" && field === "name");
  return typeof found?.value === "string" ? found.value.trim() : undefined;
}

function isIn({ before }: ItemTask, name: string): boolean {
  return (before as Known<"unit"> | undefined)?.building?.name?.trim() === name;
}
