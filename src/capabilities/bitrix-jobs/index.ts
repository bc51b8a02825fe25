import { loadMapping } from "../../bitrix/index.ts";
import { defineCapability } from "../../capability.ts";
import { jobsOffer } from "../jobs/offer.ts";
import { syncDocument } from "./sync-document.ts";
import { type ItemRow, placeOfItem, SYNC_DOCUMENT, startBitrixSync } from "./sync-job.ts";

/** `startBitrixSync`: Bitrix items as the rows of a job. */
export const bitrixJobs = defineCapability({
  name: "bitrix-jobs",
  requires: ["jobs"],
  resolvers: { Mutation: { startBitrixSync } },
  prepare({ config, offered }) {
    const mapping = loadMapping(config.bitrixMapping);
    const placeOf = (row: ItemRow) => placeOfItem(mapping, row);
    offered(jobsOffer).documents.set(SYNC_DOCUMENT, (parts) => syncDocument(parts, placeOf));
    return {};
  },
});
