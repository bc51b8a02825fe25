import { draftFields } from "../../../alma/index.ts";
import { type MutationResult, userError } from "../../../graph/index.ts";
import type { FileLink } from "../item/mapped-item.ts";
import type { SyncContext } from "../task/context.ts";
import { fileLinks } from "../task/difference.ts";
import { forEachTask } from "../task/for-each-task.ts";
import type { ItemTask, Task } from "../task/task.ts";
import { lookUpExisting } from "../task/upsert.ts";
import { findContractParents } from "./contract-parent.ts";
import { becomesRoom } from "./room.ts";

/**
 * Creates an uploader for the files that records lack, by URL (Alma: external-image), so that the records can be
 * written with the file ids. Each URL is uploaded once. A file that cannot be uploaded is omitted with a warning, since
 * Alma requires no files. Items whose files exceed the limit fail with NOT_DONE.
 */
export function createFileUploader(context: SyncContext) {
  const uploads = new Map<string, Promise<MutationResult>>();

  async function uploadFor(task: ItemTask) {
    if (context.batch.failedParentOf(task)) return;
    const missingFiles = [...task.fields].filter(
      ([field, { value }]) => fileLinks(value).length > 0 && task.isFieldEmpty(field),
    );
    // The list may omit the record. Alma's lookup shows whether it exists and which files it lacks.
    if (missingFiles.length > 0 && !task.before) await lookUpExisting(task, context);
    if (missingFiles.length > 0 && !(await willHaveRecord(task))) return;
    for (const [field, { value }] of missingFiles) {
      if (!task.isFieldEmpty(field)) continue;
      const ids = await uploadAll(task, field, fileLinks(value));
      if (task.hasFailed) return;
      if (ids === undefined) continue;
      if (context.writer.dryRun) task.fileIds.set(field, "planned");
      else task.fileIds.set(field, Array.isArray(value) ? ids : (ids[0] as number));
    }
  }

  /** Returns whether a task will have a record; otherwise nothing would refer to its files. */
  async function willHaveRecord(task: ItemTask) {
    const { kind } = task.item;
    if (kind === "unit") return task.deferredErrors.length === 0 && becomesRoom(task, context);
    if (kind === "ownerContract" || kind === "tenantContract") await findContractParents(task, context);
    return !task.hasFailed;
  }

  /** Uploads the files of a field. Resolves with their ids; undefined if one cannot be uploaded. */
  async function uploadAll(task: Task, field: string, links: readonly FileLink[]) {
    const results: MutationResult[] = [];
    for (const { link } of links) results.push(await uploadOnce(link));
    const errors = results
      .flatMap(({ userErrors }) => userErrors)
      .map(({ code, message }) => ({ code, message, field: task.bitrixFieldOf(field) }));
    const isRequired = draftFields(task.kind).get(field)?.isRequired;
    if (errors.some(({ code }) => isRequired || code === "NOT_DONE")) task.fail(...errors);
    else
      for (const error of errors)
        task.warnings.push({
          ...error,
          message:
            `${field} was left out, since its file could not be uploaded: ${error.message} Send the item again when that is ` +
            "corrected: only the file is then added.",
        });
    return errors.length > 0 ? undefined : results.flatMap(({ id }) => id ?? []);
  }

  async function uploadOnce(link: string) {
    const pending = uploads.get(link);
    if (pending) return pending;
    const { maxFiles, writer, uploadedFileIds } = context;
    // An earlier sync uploaded the file for an item that Alma then refused.
    const id = uploadedFileIds.get(link);
    if (id !== undefined) return { id, userErrors: [], isWritten: false };
    if (uploads.size >= maxFiles) {
      const message =
        `One sync uploads at most ${maxFiles} files, and this one has reached that number: nothing was ` +
        "written for this item. Send the same again for the rest.";
      return { userErrors: [userError("NOT_DONE", [], message)], isWritten: false };
    }
    const upload = writer.upload(link);
    uploads.set(link, upload);
    const result = await upload;
    if (result.id !== undefined) uploadedFileIds.set(link, result.id);
    return result;
  }

  return (tasks: readonly ItemTask[]) => forEachTask(tasks, uploadFor, context);
}
