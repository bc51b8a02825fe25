import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { BadFile, type Uploads } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import type { FairSlots, Release } from "../admission/fair-slots.ts";
import { rejectCrossOrigin } from "../http/cross-origin.ts";
import type { RouteHooks } from "../http/route-hooks.ts";
import { admitRequest, carrierOf } from "../observe/admitted-request.ts";
import type { AuditLog } from "../observe/audit-log.ts";
import { requireScopes } from "../scope/scope.ts";
import { maxDescriptionBytes, readUploadForm } from "./upload-form.ts";
import {
  busyResponse,
  createUploadError,
  linksOnlyResponse,
  toUploadResponse,
  type UploadResponse,
} from "./upload-response.ts";

/** Uploads that wait for their turn; each keeps a connection open. */
export const maxWaitingUploads = 512;

/** The parts of the server that `POST /files` uses. */
interface UploadRouteOptions {
  readonly config: Config;
  readonly uploads: Uploads;
  readonly audit: AuditLog;
  readonly hooks: RouteHooks;
  /** The uploads that are sent on at once; half-sent ones of one caller keep no others waiting. */
  readonly slots: FairSlots;
}

/**
 * Adds `POST /files`: a multipart form whose last part is a file, which is streamed to Alma. The response is
 * `{"externalFileId": 9147}`, the id for photos and scans.
 */
export async function addUploadRoute(app: FastifyInstance, options: UploadRouteOptions): Promise<void> {
  const { config, uploads, audit, hooks, slots } = options;
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, {
      // One byte more distinguishes a file that is too large from a file of the maximum size.
      limits: { fileSize: config.maxFile + 1, fieldSize: maxDescriptionBytes, fields: 4, files: 2 },
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
        const admittedRequest = admitRequest(request, carrierOf(request, reply), config, audit);
        const endWrites = audit.beginWrites();
        const recordUpload = (outcome: string, codes: readonly string[]) =>
          audit.recordWrite(admittedRequest, {
            mutation: "POST /files",
            record: undefined,
            dryRun: false,
            outcome,
            codes,
          });
        let release: Release | undefined;
        try {
          // None if there is none within DEADLINE, or its caller has left.
          release = await slots
            .take(admittedRequest.caller.id, admittedRequest.signal)
            ?.catch(() => undefined);
          const { status, body, retryAfter, outcome, codes } = release
            ? await handleUpload(request, uploads, config)
            : busyResponse;
          recordUpload(outcome, codes);
          if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
          return reply.code(status).send(body);
        } catch (error) {
          recordUpload("failed", ["INTERNAL_SERVER_ERROR"]);
          throw error;
        } finally {
          release?.();
          endWrites();
        }
      },
    });
  });
}

async function handleUpload(
  request: FastifyRequest,
  uploads: Uploads,
  { maxFile, fileTimeout }: Config,
): Promise<UploadResponse> {
  const options = { priority: "caller", requestId: request.id } as const;
  if (await uploads.acceptsOnlyLinks(options)) return linksOnlyResponse;
  if (!request.isMultipart()) {
    const message = "Send the file in a multipart form (multipart/form-data), as its last part.";
    return createUploadError(415, "UNSUPPORTED_MEDIA_TYPE", message);
  }
  try {
    const { file, description } = await readUploadForm(request, { maxFile, timeout: fileTimeout });
    const outcome = await uploads.sendFile(file, description, options);
    // Whether Alma accepts files may be known only after the first refusal.
    if (outcome.outcome !== "done" && (await uploads.acceptsOnlyLinks(options))) return linksOnlyResponse;
    return toUploadResponse(outcome);
  } catch (error) {
    if (!(error instanceof BadFile)) throw error;
    return toUploadResponse({ outcome: "not-done", error });
  }
}
