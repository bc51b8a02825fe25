import type { ParentIds, WriteResult, Writer } from "../../bitrix/index.ts";
import { kindDefinitions } from "../../catalog/index.ts";
import { createRecord } from "../mutation/create.ts";
import { updateRecord } from "../mutation/update.ts";
import { uploadFromUrl } from "../mutation/upload-from-url.ts";
import type { MutationResult } from "../write/user-error.ts";
import { checkSettled } from "../write/when-clear.ts";
import { createWrite, type InputFields, type WriteSpecs } from "../write/write.ts";
import type { WriteContext } from "../write/write-context.ts";

/**
 * Writes the records of a sync like the graph's mutations, with the same checks, locks and polling. `startedAt`: when
 * the reads began on which the sync bases its decisions.
 */
export const createMutationWriter = (
  context: WriteContext,
  specs: WriteSpecs,
  dryRun: boolean,
  startedAt: number,
): Writer => ({
  dryRun,

  async create(kind, fields, parents) {
    const { refs, planned } = splitParents(parents);
    const write = createWrite(context, kind, dryRun, startedAt);
    const input = { ...withoutPlanned(fields), ...refs };
    return toWriteResult(await createRecord(write, specs[kind].write, input, { plannedFields: planned }));
  },

  async update(record, fields, parents) {
    // A sync adds photos and removes none.
    const { photos, ...otherFields } = withoutPlanned(fields);
    const input = {
      ...otherFields,
      ...(Array.isArray(photos) && { photos: { add: photos } }),
      ...splitParents(parents).refs,
    };
    // In a dry run, fields with ids that are only planned are left out. If no field remains, there is nothing to check.
    if (dryRun && Object.keys(input).length === 0) return { id: record.id, errors: [] };
    const write = createWrite(context, record.kind, dryRun, startedAt);
    const types: [string] = [kindDefinitions[record.kind].typeName];
    const recordRef = { ref: { id: record.id }, types };
    return toWriteResult(await updateRecord(write, specs[record.kind].write, recordRef, input));
  },

  checkSettled(record) {
    if (!dryRun) checkSettled(record, context.services.unsettled);
  },

  async upload(link) {
    const { id, userErrors } = await uploadFromUrl(context, { url: link }, dryRun);
    return { id, errors: userErrors.map(({ code, message }) => ({ code, message })) };
  },
});

/** Leaves out the fields with the value "planned", for which a dry run has no id yet. */
function withoutPlanned(fields: InputFields): InputFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "planned"));
}

function splitParents(parents: ParentIds) {
  const refs: Record<string, { readonly almaId: number }> = {};
  const planned: string[] = [];
  for (const [field, id] of Object.entries(parents)) {
    if (typeof id === "number") refs[field] = { almaId: id };
    else planned.push(field);
  }
  return { refs, planned };
}

function toWriteResult({ id, userErrors, notTaken }: MutationResult): WriteResult {
  return {
    id,
    notTaken,
    errors: userErrors.map(({ code, message, field }) => ({
      code,
      message,
      field: field?.[1],
    })),
  };
}
