import { defineCapability } from "../../capability.ts";
import { uploadFile } from "./upload-file.ts";
import { addUploadRoute } from "./upload-route.ts";

/** Files for photos and scans: `uploadFile` by link, `POST /files` by content. */
export const uploads = defineCapability({
  name: "uploads",
  resolvers: { Mutation: { uploadFile } },
  prepare: () => ({ routes: addUploadRoute }),
});
