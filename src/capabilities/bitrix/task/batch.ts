import { isDeepStrictEqual } from "node:util";
import type { Steps } from "../../../graph/index.ts";
import { type ItemKind, itemKinds } from "../item/item-kind.ts";
import type { MappedItem } from "../item/mapped-item.ts";
import { ItemTask } from "./task.ts";

/** The items of one sync as tasks, with the links between them resolved. */
export class Batch {
  /** One task per item, in the caller's order. */
  readonly tasks: readonly ItemTask[];
  /**
   * Contacts that are not among the items, but whose data is in contracts (a phone number, a scan), and which may not
   * exist in Alma.
   */
  impliedTasks: ItemTask[] = [];
  readonly #taskByItem = new Map<string, ItemTask>();

  private constructor(tasks: readonly ItemTask[]) {
    this.tasks = tasks;
  }

  /** Creates the tasks of items and resolves their links, in steps. */
  static *create(items: readonly MappedItem[]): Steps<Batch> {
    const tasks: ItemTask[] = [];
    for (const [index, item] of items.entries()) {
      tasks.push(new ItemTask(item, index));
      yield;
    }
    const batch = new Batch(tasks);
    for (const task of tasks) batch.#register(task);
    for (const task of tasks) {
      const chosen = batch.find(task.item.kind, task.item.id);
      if (chosen && chosen !== task) settleVersions(chosen, task);
      yield;
    }
    for (const task of tasks) batch.#addImpliedContact(task);
    for (const task of tasks) {
      batch.#passOnContactFields(task);
      yield;
    }
    return batch;
  }

  /** Returns the tasks of some kinds that are neither completed nor failed. */
  openTasks(...kinds: readonly ItemKind[]): ItemTask[] {
    return [...this.tasks, ...this.impliedTasks].filter(
      (task) => !task.isDone && kinds.includes(task.item.kind),
    );
  }

  /** Removes an implied contact. Contracts that link to it look up its client in Alma. */
  dropImplied({ item }: ItemTask): void {
    this.#taskByItem.delete(`${item.kind} ${item.id}`);
    this.impliedTasks = this.impliedTasks.filter((task) => task.item !== item);
  }

  /** Returns the task of an item; undefined if this sync does not contain the item. */
  find(kind: ItemKind, id: string | undefined): ItemTask | undefined {
    return id === undefined ? undefined : this.#taskByItem.get(`${kind} ${id}`);
  }

  /** Returns the task of the item of a kind that another item links to. */
  linkedTask(task: ItemTask, kind: ItemKind): ItemTask | undefined {
    return this.find(kind, task.item.links[kind]?.id);
  }

  /** Returns a failed item of this sync that another item depends on. */
  failedParentOf(task: ItemTask): ItemTask | undefined {
    // An apartment may link to its Bitrix unit without depending on it: the apartment is written first.
    const links = task.item.kind === "apartment" ? [] : Object.values(task.item.links);
    return links.map(({ kind, id }) => this.find(kind, id)).find((parent) => parent?.hasFailed);
  }

  /** Ends the tasks that another batch of the same items found unchanged. Returns them, parents first. */
  adoptUnchanged(compared: Batch): readonly ItemTask[] {
    return this.openTasks(...itemKinds)
      .flatMap((task) => {
        const { action, record, before, changes, warnings } =
          compared.find(task.item.kind, task.item.id) ?? task;
        if ((action !== "UNCHANGED" && action !== "ATTACHED_TO_UNIT") || changes.length > 0) return [];
        Object.assign(task, { action, record, before });
        task.warnings.push(...warnings);
        return [task];
      })
      .toSorted((one, other) => itemKinds.indexOf(one.item.kind) - itemKinds.indexOf(other.item.kind));
  }

  /** Returns the units whose items link to an apartment. */
  unitsOf({ item }: ItemTask): ItemTask[] {
    return this.tasks.filter(
      (task) =>
        task.item.kind === "unit" && task.action !== "SKIPPED" && task.item.links.apartment?.id === item.id,
    );
  }

  /** Registers a version of an item. The version changed last counts, else the first. */
  #register(task: ItemTask) {
    const { kind, id } = task.item;
    if (id === undefined) return;
    const known = this.find(kind, id);
    if (!known || changeOf(known) < changeOf(task)) this.#taskByItem.set(`${kind} ${id}`, task);
  }

  /** Adds the contact of a contract that contains the contact's data, unless the contact is among the items. */
  #addImpliedContact(task: ItemTask) {
    const id = task.item.links.contact?.id;
    if (task.isDone || id === undefined || this.find("contact", id)) return;
    if (!task.item.fields.some(({ record, value }) => record === "client" && value != null)) return;
    const item: MappedItem = { kind: "contact", id, links: {}, fields: [], errors: [] };
    const implied = new ItemTask(item, task.index, true);
    this.impliedTasks.push(implied);
    this.#taskByItem.set(`contact ${id}`, implied);
  }

  /** Copies the contact's data on a contract to the contact's task, where its own item has no value. */
  #passOnContactFields(task: ItemTask) {
    const contact = this.linkedTask(task, "contact");
    if (!contact || contact === task || task.isDone) return;
    for (const field of task.item.fields) {
      if (field.record !== contact.kind || field.value == null) continue;
      if (contact.value(field.field) == null) contact.fields.set(field.field, field);
    }
  }
}

const changeOf = ({ item }: ItemTask) => item.changedAt ?? -Infinity;

/**
 * Skips a version of an item that equals the one that counts, and ignores an older one. If it is unknown which version
 * is newer, both fail.
 */
function settleVersions(chosen: ItemTask, other: ItemTask) {
  const contentOf = ({ item }: ItemTask) => ({ ...item, changedAt: undefined });
  if (isDeepStrictEqual(contentOf(chosen), contentOf(other))) {
    other.reset();
    other.action = "SKIPPED";
    other.errors.push({
      code: "INVALID",
      message: `It is identical to items.${chosen.index}, which is processed for both.`,
    });
  } else if (other.item.changedAt !== undefined && changeOf(other) < changeOf(chosen)) {
    const message = `items.${chosen.index} is a newer version of the same item, by the time at which Bitrix says it was changed. That one counts, and nothing was done for this one.`;
    other.reset();
    other.fail({ code: "NOT_DONE", message });
  } else {
    const conflictError = ({ index }: ItemTask) => ({
      code: "INVALID" as const,
      message: `items.${index} is another version of the same item, and it is unknown which is newer: send both with updatedTime or DATE_MODIFY, as Bitrix answers them, or the newer one only.`,
    });
    chosen.fail(conflictError(other));
    other.fail(conflictError(chosen));
  }
}
