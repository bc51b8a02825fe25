import type { SyncContext } from "./context.ts";
import { checkParents } from "./contract.ts";
import { fileLinks } from "./difference.ts";
import { forEachTask } from "./for-each-task.ts";
import { becomesRoom } from "./room.ts";
import type { ItemTask, Task } from "./task.ts";
import type { WriteResult } from "./writer.ts";

/**
 * Gives Alma the files that records lack, each by its link (Alma: external-image), so that their ids can be written
 * with the records. Each link is given once. What goes beyond the limit of one sync is left to the next.
 */
export class FileUploader {
  readonly #context: SyncContext;
  readonly #uploads = new Map<string, Promise<WriteResult>>();

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** Sends the files of tasks on which something is left to do. */
  uploadFiles(tasks: readonly ItemTask[]): Promise<void> {
    return forEachTask(tasks, (task) => this.#uploadFor(task), this.#context);
  }

  async #uploadFor(task: ItemTask): Promise<void> {
    if (this.#context.batch.hasFailedParent(task)) return;
    const missingFiles = [...task.fields].filter(
      ([field, { value }]) => fileLinks(value).length > 0 && task.isFieldEmpty(field),
    );
    // Before a file is sent for a record that the list does not show, Alma is asked for that record.
    if (missingFiles.length > 0 && !task.before) await this.#lookUpExisting(task);
    if (missingFiles.length > 0 && !(await this.#willHaveRecord(task))) return;
    for (const [field, { value, from }] of missingFiles) {
      if (!task.isFieldEmpty(field)) continue;
      const ids = await this.#uploadAll(
        task,
        fileLinks(value).map(({ link }) => link),
        from,
      );
      if (task.hasFailed) return;
      if (this.#context.writer.dryRun) task.fileIds.set(field, "planned");
      else task.fileIds.set(field, Array.isArray(value) ? ids : (ids[0] as number));
    }
  }

  /** Files are not sent for what is not going to have a record: nothing would ever refer to them. */
  async #willHaveRecord(task: ItemTask): Promise<boolean> {
    const { kind } = task.item;
    if (kind === "unit") return task.deferredErrors.length === 0 && becomesRoom(task, this.#context);
    if (kind === "ownerContract" || kind === "tenantContract") await checkParents(task, this.#context);
    return !task.hasFailed;
  }

  async #lookUpExisting(task: ItemTask): Promise<void> {
    const existing = await this.#context.finder.lookUp(task.kind, task.item.id ?? "");
    if (existing) task.setExisting(existing);
  }

  async #uploadAll(task: Task, links: readonly string[], from: string | undefined): Promise<number[]> {
    const ids: number[] = [];
    for (const link of links) {
      const result = await this.#uploadOnce(link);
      const field = from !== undefined && { field: from };
      for (const { code, message } of result.errors) task.fail({ code, message, ...field });
      if (result.id !== undefined) ids.push(result.id);
    }
    return ids;
  }

  #uploadOnce(link: string): Promise<WriteResult> {
    const pending = this.#uploads.get(link);
    if (pending) return pending;
    const { maxFiles, writer, uploadedFileIds } = this.#context;
    // One that was given for an item which Alma then refused.
    const id = uploadedFileIds.get(link);
    if (id !== undefined) return Promise.resolve({ id, errors: [] });
    if (this.#uploads.size >= maxFiles) return Promise.resolve({ errors: [tooManyFilesError(maxFiles)] });
    const upload = writer.upload(link);
    this.#uploads.set(link, upload);
    return upload.then((result) => {
      if (result.id !== undefined) uploadedFileIds.set(link, result.id);
      return result;
    });
  }
}

function tooManyFilesError(max: number) {
  const message =
    `One sync gives Alma at most ${max} files (BITRIX_MAX_FILES), and this one has done so: nothing was written for this ` +
    "item. Send the same again for the rest.";
  return { code: "NOT_DONE" as const, message };
}
