import { defineCapability } from "../../capability.ts";
import type { MutationResolvers } from "../../graph/generated.ts";
import { runIdempotent, uploadFromUrl } from "../../graph/index.ts";
import { addUploadRoute } from "./upload-route.ts";

/** `uploadFile`: uploads the file at a URL. Photos and scans refer to the returned id. */
const uploadFile: MutationResolvers["uploadFile"] = async (_parent, args, context, info) => {
  const upload = () => uploadFromUrl(context, args.input, args.dryRun);
  const { id, userErrors } = await runIdempotent(context, info, args, upload);
  return { externalFileId: id ?? null, userErrors };
};

/** Uploads files for photos and scans: `uploadFile` by URL, `POST /files` by content. */
export const uploads = defineCapability({
  name: "uploads",
  resolvers: { Mutation: { uploadFile } },
  prepare: () => ({ routes: addUploadRoute }),
});
