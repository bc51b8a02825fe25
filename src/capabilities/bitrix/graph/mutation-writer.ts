import {
  createRecordWriter,
  type InputFields,
  type MutationResult,
  type WriteContext,
} from "../../../graph/index.ts";
import type { ParentIds, WriteResult, Writer } from "../task/writer.ts";

/** Writes the records of a sync. `startedAt`: when the reads began on which it bases its decisions. */
export function createMutationWriter(context: WriteContext, dryRun: boolean, startedAt: number): Writer {
  const writer = createRecordWriter(context, dryRun, startedAt);
  return {
    dryRun,

    async create(kind, fields, parents) {
      const { refs, planned } = splitParents(parents);
      return toWriteResult(await writer.create(kind, { ...withoutPlanned(fields), ...refs }, planned));
    },

    async update(record, fields, parents) {
      // A sync adds photos and removes none.
      const { photos, ...otherFields } = withoutPlanned(fields);
      const input = {
        ...otherFields,
        ...(Array.isArray(photos) && { photos: { add: photos } }),
        ...splitParents(parents).refs,
      };
      // A dry run leaves out fields with ids that are only planned. If none remains, there is nothing to check.
      if (dryRun && Object.keys(input).length === 0) return { id: record.id, errors: [] };
      return toWriteResult(await writer.update(record, input));
    },

    checkSettled(record) {
      if (!dryRun) writer.checkSettled(record);
    },

    async upload(link) {
      const { id, userErrors } = await writer.upload(link);
      return { id, errors: userErrors.map(({ code, message }) => ({ code, message })) };
    },
  };
}

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
