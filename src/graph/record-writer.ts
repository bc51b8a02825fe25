import { type CachedRecord, type Kind, kindDefinitions } from "../catalog/index.ts";
import { graphKinds } from "./executable-schema.ts";
import { createRecord } from "./mutation/create.ts";
import { updateRecord } from "./mutation/update.ts";
import { uploadFromUrl } from "./mutation/upload-from-url.ts";
import type { MutationResult } from "./write/mutation-result.ts";
import { checkSettled } from "./write/when-clear.ts";
import { createWrite, type InputFields } from "./write/write.ts";
import type { WriteContext } from "./write/write-context.ts";

/**
 * Creates a writer of records for a bulk mutation, with the same checks, locks and polling as single mutations.
 * `startedAt`: when the reads that its decisions depend on began.
 */
export function createRecordWriter(context: WriteContext, dryRun: boolean, startedAt: number) {
  return {
    /** Creates a record. `plannedFields`: refs to records that a dry run has not created. Rejects with AlmaError. */
    create(kind: Kind, input: InputFields, plannedFields: readonly string[]): Promise<MutationResult> {
      const write = createWrite(context, kind, graphKinds[kind].write, dryRun, startedAt);
      return createRecord(write, input, { plannedFields });
    },
    /** Updates a record. Rejects with AlmaError. */
    update({ id, kind }: CachedRecord, input: InputFields): Promise<MutationResult> {
      const write = createWrite(context, kind, graphKinds[kind].write, dryRun, startedAt);
      return updateRecord(write, { ref: { id }, types: [kindDefinitions[kind].typeName] }, input);
    },
    /** Throws AlmaError if a write of unknown outcome may still change the record. */
    checkSettled: (record: CachedRecord) => checkSettled(record, context.services.unsettled),
    /** Uploads the file at a URL. Rejects with AlmaError. */
    upload: (url: string): Promise<MutationResult> => uploadFromUrl(context, { url }, dryRun),
  };
}
