import { fileLinks, lacks } from "./difference.ts";
import { each } from "./each.ts";
import { checkLinks } from "./sync-contract.ts";
import { becomesRoom } from "./sync-room.ts";
import type { SyncTools } from "./sync-tools.ts";
import type { ItemTask, Task } from "./task.ts";
import type { WriteEnd } from "./writer.ts";

/**
 * Gives Alma the files that records lack, each by its link (Alma: external-image), so that their ids can be written
 * with the records. Each link is given once. What goes beyond the limit of one sync is left to the next.
 */
export class FileSender {
  readonly #tools: SyncTools;
  readonly #sent = new Map<string, Promise<WriteEnd>>();

  constructor(tools: SyncTools) {
    this.#tools = tools;
  }

  /** Sends the files of tasks on which something is left to do. */
  send(tasks: readonly ItemTask[]): Promise<void> {
    return each(tasks, (task) => this.#sendFor(task), this.#tools);
  }

  async #sendFor(task: ItemTask): Promise<void> {
    if (this.#tools.batch.isDoomed(task)) return;
    const wanted = [...task.fields].filter(
      ([field, { value }]) => fileLinks(value).length > 0 && lacks(task, field),
    );
    // Before a file is sent for a record that the list does not show, Alma is asked for that record.
    if (wanted.length > 0 && !task.before) await this.#lookOnce(task);
    if (wanted.length > 0 && !(await this.#isWelcome(task))) return;
    for (const [field, { value, from }] of wanted) {
      if (!lacks(task, field)) continue;
      const ids = await this.#sendAll(
        task,
        fileLinks(value).map(({ link }) => link),
        from,
      );
      if (task.failed) return;
      if (this.#tools.writer.dryRun) task.files.set(field, "planned");
      else task.files.set(field, Array.isArray(value) ? ids : (ids[0] as number));
    }
  }

  /** Files are not sent for what is not going to have a record: nothing would ever refer to them. */
  async #isWelcome(task: ItemTask): Promise<boolean> {
    const { kind } = task.item;
    if (kind === "unit") return task.held.length === 0 && becomesRoom(task, this.#tools);
    if (kind === "ownerContract" || kind === "tenantContract") await checkLinks(task, this.#tools);
    return !task.failed;
  }

  async #lookOnce(task: ItemTask): Promise<void> {
    const found = await this.#tools.finder.lookUp(task.kind, task.item.id ?? "");
    if (found) task.found(found);
  }

  async #sendAll(task: Task, links: readonly string[], from: string | undefined): Promise<number[]> {
    const ids: number[] = [];
    for (const link of links) {
      const end = await this.#sendOne(link);
      const field = from !== undefined && { field: from };
      for (const { code, message } of end.errors) task.fail({ code, message, ...field });
      if (end.id !== undefined) ids.push(end.id);
    }
    return ids;
  }

  #sendOne(link: string): Promise<WriteEnd> {
    const before = this.#sent.get(link);
    if (before) return before;
    const { maxFiles, writer, given } = this.#tools;
    // One that was given for an item which Alma then refused.
    const id = given.get(link);
    if (id !== undefined) return Promise.resolve({ id, errors: [] });
    if (this.#sent.size >= maxFiles) return Promise.resolve({ errors: [tooMany(maxFiles)] });
    const end = writer.upload(link);
    this.#sent.set(link, end);
    return end.then((done) => {
      if (done.id !== undefined) given.set(link, done.id);
      return done;
    });
  }
}

function tooMany(most: number) {
  const message =
    `One sync gives Alma at most ${most} files (BITRIX_MAX_FILES), and this one has done so: nothing was written for this ` +
    "item. Send the same again for the rest.";
  return { code: "NOT_DONE" as const, message };
}
