import type { Steps } from "../../../graph/index.ts";
import type { MappedItem } from "../item/mapped-item.ts";
import { Batch } from "../task/batch.ts";
import { type ItemTask, parentFailedError } from "../task/task.ts";
import { failSecondUnit } from "./room.ts";
import { attachedUnitId, chooseUnit, isItemLetWhole } from "./unit.ts";

/**
 * Fails the items that a sync refuses regardless of Alma's data: two versions of one item, contradictory links,
 * impossible values (`checkFields`), and items that depend on them. Works in steps. Returns one task per item, in
 * order.
 */
export function* checkItems(
  items: readonly MappedItem[],
  checkFields: (task: ItemTask) => void,
): Steps<readonly ItemTask[]> {
  const batch = yield* Batch.create(items);
  for (const task of batch.openTasks("apartment", "contact", "ownerContract", "tenantContract")) {
    checkFields(task);
    yield;
  }
  for (const task of batch.openTasks("apartment")) {
    if (isItemLetWhole(task)) chooseUnit(task, batch);
    yield;
  }
  for (const task of batch.openTasks("unit")) {
    checkUnit(task, batch, checkFields);
    yield;
  }
  for (const task of batch.openTasks("ownerContract", "tenantContract")) {
    failWithParent(task, batch);
    yield;
  }
  return batch.tasks;
}

/** Checks a Bitrix unit. Its fields do not matter if its apartment is let as a whole. */
function checkUnit(task: ItemTask, batch: Batch, checkFields: (task: ItemTask) => void) {
  const apartment = batch.linkedTask(task, "apartment");
  failWithParent(task, batch);
  if (!apartment || task.isDone) return;
  const attached = attachedUnitId(apartment);
  if (!isItemLetWhole(apartment)) {
    if (task.deferredErrors.length > 0) task.fail(...task.deferredErrors);
    else checkFields(task);
  } else if (attached !== undefined && attached !== task.item.id)
    failSecondUnit(task, apartment.label, `the Bitrix unit ${JSON.stringify(attached)}`);
}

function failWithParent(task: ItemTask, batch: Batch) {
  for (const { kind, id } of Object.values(task.item.links)) {
    const parent = batch.find(kind, id);
    if (parent?.hasFailed) task.fail(parentFailedError(parent));
  }
}
