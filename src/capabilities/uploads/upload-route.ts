import multipart from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { InvalidFileError, type Uploads, uploadConcurrency } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import { type AddRoutes, createFairSlots, rejectCrossOrigin, requireScopes } from "../../server/index.ts";
import { MAX_DESCRIPTION_BYTES, readUploadForm } from "./upload-form.ts";
import { busyResponse, createUploadError, linksOnlyResponse, toUploadResponse } from "./upload-response.ts";

/** The maximum number of waiting uploads; each keeps a connection open. */
const MAX_WAITING_UPLOADS = 512;

/**
 * Adds `POST /files`: a multipart form whose last part is a file, which is streamed to Alma. The response is
 * `{"externalFileId": 9147}`, the id for photos and scans.
 */
export const addUploadRoute: AddRoutes = async (app, parts) => {
  const { config, uploads, uploadHooks: hooks, admitWrite, authentication } = parts;
  // Slow uploads of one caller do not make others wait.
  const slots = createFairSlots(
    uploadConcurrency(config.almaConcurrency),
    MAX_WAITING_UPLOADS,
    authentication.hasSeveralCallers,
  );
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, {
      // One extra byte distinguishes a file that is too large from one of the maximum size.
      limits: { fileSize: config.maxFile + 1, fieldSize: MAX_DESCRIPTION_BYTES, fields: 4, files: 2 },
      throwFileSizeLimit: false,
    });
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.post("/files", {
      ...hooks,
      config: { ...hooks.config, about: "files for photos and scans, by POST in a multipart form" },
      onRequest: [
        ...hooks.onRequest,
        rejectCrossOrigin(config, "upload files"),
        requireScopes("Uploading a file", "WRITE"),
      ],
      handler: async (request, reply) => {
        const write = admitWrite(request, reply, "POST /files");
        let release: (() => void) | undefined;
        try {
          // Undefined if no slot is free within DEADLINE, or the caller has disconnected.
          release = await slots.take(write.callerId, write.signal)?.catch(() => undefined);
          const { status, body, retryAfter, outcome, codes } = release
            ? await handleUpload(request, uploads, config)
            : busyResponse;
          write.record(outcome, codes);
          if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
          return reply.code(status).send(body);
        } catch (error) {
          write.record("failed", ["INTERNAL_SERVER_ERROR"]);
          throw error;
        } finally {
          release?.();
          write.end();
        }
      },
    });
  });
};

async function handleUpload(
  request: FastifyRequest,
  uploads: () => Uploads,
  { maxFile, fileTimeout }: Config,
) {
  const options = { priority: "caller", requestId: request.id } as const;
  if (uploads().acceptsOnlyLinks()) return linksOnlyResponse;
  if (!request.isMultipart()) {
    const message = "Send the file in a multipart form (multipart/form-data), as its last part.";
    return createUploadError(415, "UNSUPPORTED_MEDIA_TYPE", message);
  }
  try {
    const { file, description } = await readUploadForm(request, { maxFile, timeout: fileTimeout });
    const outcome = await uploads().sendFile(file, description, options);
    // Whether Alma accepts files may be known only after the first refusal.
    if (outcome.outcome !== "done" && uploads().acceptsOnlyLinks()) return linksOnlyResponse;
    return toUploadResponse(outcome);
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return toUploadResponse({ outcome: "not-done", error });
  }
}
