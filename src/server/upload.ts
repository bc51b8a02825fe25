import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";
import { BadFile, type Uploads } from "../alma/index.ts";
import type { Config } from "../config.ts";
import type { Audit } from "./audit.ts";
import { mayWrite } from "./may-write.ts";
import { beginOperation } from "./operation.ts";
import { sameSite } from "./same-site.ts";
import { linksOnly, refused, type UploadAnswer, uploadAnswer } from "./upload-answer.ts";
import { longestDescription, readForm } from "./upload-form.ts";

/** What the address for files needs. */
export interface UploadParts {
  readonly config: Config;
  readonly uploads: Uploads;
  readonly audit: Audit;
  /** Those that let a caller in, in order; the caller is known after them. */
  readonly entrance: readonly onRequestHookHandler[];
}

/**
 * `POST /files`: a multipart form whose last part is a file, which is passed on to Alma as it comes, without ever being
 * held as a whole. Answered with `{"externalFileId": 9147}`, the id for photos and scans.
 */
export async function addUploads(app: FastifyInstance, parts: UploadParts): Promise<void> {
  const { config, uploads, audit, entrance } = parts;
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, {
      // One byte more than is allowed shows that a file is too large.
      limits: { fileSize: config.maxFile + 1, fieldSize: longestDescription, fields: 4, files: 2 },
      throwFileSizeLimit: false,
    });
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.post("/files", {
      onRequest: [...entrance, sameSite(config, "upload files"), mayWrite("Uploading a file")],
      handler: async (request, reply) => {
        const operation = beginOperation(request, reply, config.deadline, audit);
        const over = audit.begin();
        const note = (outcome: string, codes: readonly string[]) =>
          audit.write(operation, {
            mutation: "POST /files",
            record: undefined,
            dryRun: false,
            outcome,
            codes,
          });
        try {
          const { status, body, retryAfter, outcome, codes } = await answer(request, uploads);
          note(outcome, codes);
          if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
          return reply.code(status).send(body);
        } catch (error) {
          note("failed", ["INTERNAL_SERVER_ERROR"]);
          throw error;
        } finally {
          over();
          discardRest(request);
        }
      },
    });
  });
}

/**
 * Reads on to the end of a body, within the time that a request has: many a sender looks for an answer only then, and
 * its next request comes behind it.
 */
function discardRest({ raw }: FastifyRequest): void {
  raw.unpipe();
  raw.resume();
}

async function answer(request: FastifyRequest, uploads: Uploads): Promise<UploadAnswer> {
  const options = { priority: "caller", requestId: request.id } as const;
  if (await uploads.linksOnly(options)) return linksOnly;
  if (!request.isMultipart()) {
    const message = "Send the file in a multipart form (multipart/form-data), as its last part.";
    return refused(415, "UNSUPPORTED_MEDIA_TYPE", message);
  }
  try {
    const { file, description } = await readForm(request);
    const outcome = await uploads.send(file, description, options);
    // Where nobody knew the form, this first file was refused for it.
    if (outcome.outcome !== "done" && (await uploads.linksOnly(options))) return linksOnly;
    return uploadAnswer(outcome);
  } catch (error) {
    if (!(error instanceof BadFile)) throw error;
    return uploadAnswer({ outcome: "not-done", error });
  }
}
