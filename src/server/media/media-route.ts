import { pipeline, Transform } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { MediaSource } from "../../alma/index.ts";
import { RefusedRequest } from "../http/error-response.ts";
import { onRequestClosed } from "../http/request-closed.ts";
import type { SignedLinks } from "./media-links.ts";

/** Files that are sent on at once. */
const maxOpen = 64;
/** What can be shown and holds no script: an SVG may. */
const shownTypes = /^(image\/(jpeg|png|gif|webp|avif|heic|heif|bmp|tiff)|application\/pdf)\b/i;
const sentHeaders = ["range", "if-range", "if-none-match", "if-modified-since"];
const answeredHeaders = [
  ...["content-type", "content-length", "content-range"],
  ...["accept-ranges", "etag", "last-modified"],
];

/**
 * Adds `/media/…`: pictures and scans of Alma, by the links that records show. Whoever has a link needs no key. A file
 * is streamed, with ranges and ETags, up to MAX_FILE.
 */
export function addMediaRoute(
  app: FastifyInstance,
  links: SignedLinks,
  source: MediaSource,
  maxFile: number,
): void {
  let open = 0;
  app.route({
    method: ["GET", "HEAD"],
    url: "/media/*",
    handler: async (request, reply) => {
      const link = links.read(request.url);
      if (!link) throw notFound();
      if (open >= maxOpen) throw busy();
      open += 1;
      const left = new AbortController();
      onRequestClosed(request, reply, () => {
        open -= 1;
        left.abort();
      });
      const headers = pick(request.headers, sentHeaders) as Record<string, string>;
      const method = request.method === "HEAD" ? "HEAD" : "GET";
      const answer = await source.open(link.path, method, headers, left.signal).catch(() => {
        throw unavailable();
      });
      // Its errors are those of the stream that it is piped into.
      answer.body.on("error", () => {});
      const refusal = findRefusal(answer.statusCode, answer.headers, maxFile);
      if (refusal) {
        answer.body.destroy();
        throw refusal;
      }
      reply
        .code(answer.statusCode)
        .headers(pick(answer.headers, answeredHeaders))
        .headers({
          "cache-control": `private, max-age=${link.secondsLeft}`,
          "content-security-policy": "default-src 'none'; sandbox",
          "cross-origin-resource-policy": "cross-origin",
        });
      return reply.send(pipeline(answer.body, limitBytes(maxFile), () => {}));
    },
  });
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const pick = (headers: Headers, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));

/** Why an answer of Alma's is not sent on. */
function findRefusal(status: number, headers: Headers, maxFile: number): RefusedRequest | undefined {
  if (status === 304 || status === 416) return undefined;
  if (status === 404 || status === 410) return notFound();
  if (status !== 200 && status !== 206) return unavailable();
  if (!shownTypes.test(String(headers["content-type"])))
    return new RefusedRequest(
      502,
      "ALMA_BAD_ANSWER",
      "What is there is neither a picture nor a PDF, and is not shown.",
    );
  if (Number(headers["content-length"] ?? 0) <= maxFile) return undefined;
  return tooLarge(maxFile);
}

function limitBytes(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > maxBytes ? tooLarge(maxBytes) : null, chunk);
    },
  });
}

const tooLarge = (maxFile: number) =>
  new RefusedRequest(
    502,
    "LIMIT_EXCEEDED",
    `The file has more than ${maxFile} bytes, and is not shown (MAX_FILE).`,
  );
const notFound = () =>
  new RefusedRequest(
    404,
    "NOT_FOUND",
    "There is no file here, or its link has ended. Ask for the record again: it shows a link that works.",
  );
const unavailable = () =>
  new RefusedRequest(503, "ALMA_UNAVAILABLE", "Alma does not give the file. Try again in 5 s.", {}, 5);
const busy = () =>
  new RefusedRequest(503, "OVERLOADED", `${maxOpen} files are being sent. Try again in 1 s.`, {}, 1);
