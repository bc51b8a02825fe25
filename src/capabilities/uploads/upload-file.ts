import type { MutationResolvers } from "../../graph/generated.ts";
import { runIdempotent, uploadFromUrl } from "../../graph/index.ts";

/** `uploadFile`: uploads the file at a URL. Photos and scans refer to the returned id. */
export const uploadFile: MutationResolvers["uploadFile"] = async (_parent, args, context, info) => {
  const upload = () => uploadFromUrl(context, args.input, args.dryRun);
  const { id, userErrors } = await runIdempotent(context, info, args, upload);
  return { externalFileId: id ?? null, userErrors };
};
