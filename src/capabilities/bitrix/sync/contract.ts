import { describeItem } from "../item/item-kind.ts";
import type { SyncContext } from "../task/context.ts";
import type { ItemTask } from "../task/task.ts";
import { createOrFind, updateIfDifferent } from "../task/upsert.ts";
import { findContractParents, linkField, unitUsageOf } from "./contract-parent.ts";

/** Creates or updates a contract on its rental object and for its client (Alma: Contracts). */
export async function syncContract(task: ItemTask, context: SyncContext): Promise<void> {
  const { rentalObject, client } = await findContractParents(task, context);
  if (task.hasFailed) return;
  const parents: Record<string, number | "planned"> = {};
  if (rentalObject !== undefined) parents.rentalObject = rentalObject;
  const unitUsage = unitUsageOf(task);
  if (!task.before) {
    if (client !== undefined) parents.client = client;
    // The client of a contract that the create finds must be compared too.
    if (await createOrFind(task, parents, context)) await syncContract(task, context);
    return;
  }
  if (client !== undefined && unitUsage?.clientId != null && unitUsage.clientId !== client) {
    const message =
      `${task.record?.key} is with Client:${unitUsage.clientId} in Alma, and the item names ${describeItem("contact", task.item.links.contact?.id)}. ` +
      "Alma cannot give a contract to another client: end this one, and make a new contract in Bitrix.";
    return task.fail({ code: "REJECTED", message, field: linkField(task, "contact") });
  }
  return updateIfDifferent(task, parents, context);
}
