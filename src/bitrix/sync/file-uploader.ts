import type { SyncContext } from "./context.ts";
import { findContractParents } from "./contract-parent.ts";
import { fileLinks } from "./difference.ts";
import { forEachTask } from "./for-each-task.ts";
import { becomesRoom } from "./room.ts";
import type { ItemTask, Task } from "./task.ts";
import { lookUpExisting } from "./upsert.ts";
import type { WriteResult } from "./writer.ts";

/**
 * Uploads the files that records lack by their links (Alma: external-image), so that the records can be written with
 * the files' ids. Each link is uploaded once. Items whose files exceed the limit fail with NOT_DONE.
 */
export class FileUploader {
  readonly #context: SyncContext;
  readonly #uploads = new Map<string, Promise<WriteResult>>();

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** Uploads the files of some tasks and notes their ids on them. */
  uploadFiles(tasks: readonly ItemTask[]): Promise<void> {
    return forEachTask(tasks, (task) => this.#uploadFor(task), this.#context);
  }

  async #uploadFor(task: ItemTask): Promise<void> {
    if (this.#context.batch.hasFailedParent(task)) return;
    const missingFiles = [...task.fields].filter(
      ([field, { value }]) => fileLinks(value).length > 0 && task.isFieldEmpty(field),
    );
    // The list may omit the record: Alma's lookup shows whether it exists and which files it lacks.
    if (missingFiles.length > 0 && !task.before) await lookUpExisting(task, this.#context);
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

  /** Whether a task will have a record; otherwise nothing would refer to its files. */
  async #willHaveRecord(task: ItemTask): Promise<boolean> {
    const { kind } = task.item;
    if (kind === "unit") return task.deferredErrors.length === 0 && becomesRoom(task, this.#context);
    if (kind === "ownerContract" || kind === "tenantContract") await findContractParents(task, this.#context);
    return !task.hasFailed;
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
    // An earlier sync has uploaded the file for an item that Alma then refused.
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
    `One sync uploads at most ${max} files (BITRIX_MAX_FILES), and this one has reached that number: nothing was written ` +
    "for this item. Send the same again for the rest.";
  return { code: "NOT_DONE" as const, message };
}
