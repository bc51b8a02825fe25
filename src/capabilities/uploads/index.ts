import { defineCapability } from "../../capability.ts";
import { uploadFile } from "./upload-file.ts";
import { addUploadRoute } from "./upload-route.ts";

/** Uploads files for photos and scans: `uploadFile` by URL, `POST /files` by content. */
export const uploads = defineCapability({
  name: "uploads",
  resolvers: { Mutation: { uploadFile } },
  prepare: () => ({ routes: addUploadRoute }),
});
