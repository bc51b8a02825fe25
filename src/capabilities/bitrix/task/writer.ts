import type { CachedRecord, Kind } from "../../../catalog/index.ts";
import {
  createRecordWriter,
  type InputFields,
  type MutationResult,
  type WriteContext,
} from "../../../graph/index.ts";

/** Alma ids of a record's parents, by field; "planned" for a parent that a dry run would create. */
export type ParentIds = Readonly<Record<string, number | "planned">>;

/**
 * The writes of a sync: those of the graph's mutations, with their locks, lookups and checks. In a dry run they check
 * and send nothing. All throw AlmaError if nothing was written for a reason other than the input. `startedAt`: when the
 * reads that the sync's decisions depend on began.
 */
export function createWriter(context: WriteContext, dryRun: boolean, startedAt: number) {
  const { checkSettled, ...writer } = createRecordWriter(context, dryRun, startedAt);
  return {
    dryRun,

    /** Creates a record exactly once. If it exists, the error is `ALREADY_EXISTS` and the result has its id. */
    create(kind: Kind, fields: InputFields, parents: ParentIds) {
      const { refs, planned } = splitParents(parents);
      return writer.create(kind, { ...withoutPlanned(fields), ...refs }, planned);
    },

    /** Updates a record. Null clears a field. Photos are only added, never removed. */
    async update(record: CachedRecord, fields: InputFields, parents: ParentIds): Promise<MutationResult> {
      const { photos, ...otherFields } = withoutPlanned(fields);
      const input = {
        ...otherFields,
        ...(Array.isArray(photos) && { photos: { add: photos } }),
        ...splitParents(parents).refs,
      };
      // A dry run omits fields with ids that are only planned. If none remains, there is nothing to check.
      if (dryRun && Object.keys(input).length === 0)
        return { id: record.id, userErrors: [], isWritten: false };
      return writer.update(record, input);
    },

    /** Throws AlmaError if an update of unknown outcome may still change a record. */
    checkSettled(record: CachedRecord) {
      if (!dryRun) checkSettled(record);
    },

    /** Uploads a file by its URL (Alma: external-image). The result has the file's id. */
    upload: writer.upload,
  };
}

export type Writer = ReturnType<typeof createWriter>;

/** Removes fields with the value "planned", for which a dry run has no id yet. */
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
