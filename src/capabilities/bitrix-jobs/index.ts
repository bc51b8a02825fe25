import { defineCapability } from "../../capability.ts";
import type { MutationStartBitrixSyncArgs } from "../../graph/generated.ts";
import { bitrixOffer } from "../bitrix/offer.ts";
import { jobsOffer } from "../jobs/offer.ts";
import { syncDocument } from "./sync-document.ts";
import { type ItemRow, placeOfItem, SYNC_DOCUMENT, startBitrixSync } from "./sync-job.ts";

/** Runs Bitrix items as the rows of a job: `startBitrixSync`. */
export const bitrixJobs = defineCapability({
  name: "bitrix-jobs",
  requires: ["bitrix", "jobs"],
  resolvers: { Mutation: { startBitrixSync } },
  comparisons: {
    *startBitrixSync(args, { offered, requiredScopes }) {
      // Safe: the arguments were coerced by the mutation's declaration.
      const { items } = args as Pick<MutationStartBitrixSyncArgs, "items">;
      const found = yield* offered(bitrixOffer).findComparisons(items, requiredScopes);
      // Each row of the job compares its own record.
      return found.map(({ scope, element }) => ({ scope, element }));
    },
  },
  prepare({ offered }) {
    const { mapping } = offered(bitrixOffer);
    const placeOf = (row: ItemRow) => placeOfItem(mapping, row);
    offered(jobsOffer).documents.set(SYNC_DOCUMENT, (parts) => syncDocument(parts, placeOf));
    return {};
  },
});
