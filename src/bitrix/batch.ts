import { isDeepStrictEqual } from "node:util";
import type { ItemKind, MappedItem } from "./mapped.ts";
import { ItemTask } from "./task.ts";

/** The items of one sync, as tasks that know each other. */
export class Batch {
  /** One per item, in the caller's order. */
  readonly tasks: readonly ItemTask[];
  /** The contacts that are not among the items and of which contracts say something that Alma may lack. */
  readonly implied: ItemTask[] = [];
  readonly #byItem = new Map<string, ItemTask>();

  constructor(items: readonly MappedItem[]) {
    this.tasks = items.map((item, index) => new ItemTask(item, index));
    for (const task of this.tasks) this.#enter(task);
    for (const task of this.tasks) this.#imply(task);
    for (const task of this.tasks) this.#passOn(task);
  }

  /** The tasks of some kinds on which something is left to do. */
  open(...kinds: readonly ItemKind[]): ItemTask[] {
    return [...this.tasks, ...this.implied].filter((task) => !task.over && kinds.includes(task.item.kind));
  }

  /** Takes an implied contact for one of which nothing is said. */
  drop({ item }: ItemTask): void {
    this.#byItem.delete(`${item.kind} ${item.id}`);
    this.implied.splice(0, this.implied.length, ...this.implied.filter((task) => task.item !== item));
  }

  /** The task of an item, if it is among those of this sync. */
  task(kind: ItemKind, id: string | undefined): ItemTask | undefined {
    return id === undefined ? undefined : this.#byItem.get(`${kind} ${id}`);
  }

  /** The task of the item that another one names. */
  linked(task: ItemTask, kind: ItemKind): ItemTask | undefined {
    return this.task(kind, task.item.links[kind]?.id);
  }

  /** Whether an item hangs on another one of this sync that has failed. */
  isDoomed(task: ItemTask): boolean {
    // An apartment names its unit, but does not hang on it.
    if (task.item.kind === "apartment") return false;
    return Object.values(task.item.links).some((link) => this.task(link.kind, link.id)?.failed);
  }

  /** The units that say that they belong to an apartment. */
  unitsOf({ item }: ItemTask): ItemTask[] {
    return this.tasks.filter(
      (task) =>
        task.item.kind === "unit" && task.action !== "SKIPPED" && task.item.links.apartment?.id === item.id,
    );
  }

  /** An item given twice is taken once; which of two versions is the newer one, nobody knows. */
  #enter(task: ItemTask): void {
    const { kind, id } = task.item;
    if (id === undefined) return;
    const first = this.task(kind, id);
    if (!first) {
      this.#byItem.set(`${kind} ${id}`, task);
      return;
    }
    if (isDeepStrictEqual(first.item, task.item)) {
      task.action = "SKIPPED";
      task.errors.length = 0;
      task.errors.push({
        code: "INVALID",
        message: `It is the same as items.${first.index}, which stands for both.`,
      });
      return;
    }
    const twice = (other: ItemTask) => ({
      code: "INVALID" as const,
      message: `items.${other.index} is another version of the same item, and nothing tells which is newer. Send the newer one only.`,
    });
    first.fail(twice(task));
    task.fail(twice(first));
  }

  /** A contract that says something of a contact which is not among the items has that contact looked at. */
  #imply(task: ItemTask): void {
    const id = task.item.links.contact?.id;
    if (task.over || id === undefined || this.task("contact", id)) return;
    if (!task.item.fields.some(({ record, value }) => record === "client" && value != null)) return;
    const item: MappedItem = { kind: "contact", id, links: {}, fields: [], faults: [] };
    const implied = new ItemTask(item, task.index, true);
    this.implied.push(implied);
    this.#byItem.set(`contact ${id}`, implied);
  }

  /** What a contract's item says of its contact goes to the contact's task, unless the contact says it itself. */
  #passOn(task: ItemTask): void {
    const contact = this.linked(task, "contact");
    if (!contact || contact === task || task.over) return;
    for (const field of task.item.fields) {
      if (field.record !== contact.kind || field.value == null) continue;
      if (contact.value(field.field) == null) contact.fields.set(field.field, field);
    }
  }
}
