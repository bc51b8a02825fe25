import { defineCapability } from "../../capability.ts";
import type { MutationStartBitrixSyncArgs } from "../../graph/generated.ts";
import { bitrixKey, findComparisons } from "../bitrix/api.ts";
import { jobsKey } from "../jobs/api.ts";
import { syncDocument } from "./sync-document.ts";
import { SYNC_DOCUMENT, startBitrixSync } from "./sync-job.ts";

/** Runs Bitrix items as the rows of a job: `startBitrixSync`. */
export const bitrixJobs = defineCapability({
  name: "bitrix-jobs",
  requires: ["bitrix", "jobs"],
  resolvers: { Mutation: { startBitrixSync } },
  comparisons: {
    *startBitrixSync(args, { inject, requiredScopes }) {
      // Safe: the arguments were coerced by the mutation's declaration.
      const { items } = args as Pick<MutationStartBitrixSyncArgs, "items">;
      const found = yield* findComparisons(inject(bitrixKey).mapping, items, requiredScopes);
      // Each row of the job compares its own record.
      return found.map(({ scope, element }) => ({ scope, element }));
    },
  },
  prepare({ inject }) {
    const { mapping } = inject(bitrixKey);
    inject(jobsKey).documents.set(SYNC_DOCUMENT, (parts) => syncDocument(parts, mapping));
    return {};
  },
});
