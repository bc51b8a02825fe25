import { type CachedRecord, type Kind, kindDefinitions } from "../../catalog/index.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { checkSettled } from "../write/when-clear.ts";
import { createWrite, type InputFields, type WriteSpecs } from "../write/write.ts";
import type { WriteContext } from "../write/write-context.ts";
import { createRecord } from "./create.ts";
import { updateRecord } from "./update.ts";
import { uploadFromUrl } from "./upload-from-url.ts";

/** Creates a writer of records. `startedAt`: when the reads that its decisions depend on began. */
export const recordWriterOf =
  (specs: WriteSpecs) => (context: WriteContext, dryRun: boolean, startedAt: number) => ({
    /** Creates a record. `plannedFields`: refs to records that a dry run has not created. Rejects with AlmaError. */
    create(kind: Kind, input: InputFields, plannedFields: readonly string[]): Promise<MutationResult> {
      const write = createWrite(context, kind, specs[kind].write, dryRun, startedAt);
      return createRecord(write, input, { plannedFields });
    },
    /** Updates a record. Rejects with AlmaError. */
    update({ id, kind }: CachedRecord, input: InputFields): Promise<MutationResult> {
      const write = createWrite(context, kind, specs[kind].write, dryRun, startedAt);
      return updateRecord(write, { ref: { id }, types: [kindDefinitions[kind].typeName] }, input);
    },
    /** Throws AlmaError if a write of unknown outcome may still change the record. */
    checkSettled: (record: CachedRecord) => checkSettled(record, context.services.unsettled),
    /** Uploads the file at a URL. Rejects with AlmaError. */
    upload: (url: string): Promise<MutationResult> => uploadFromUrl(context, { url }, dryRun),
  });
