import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { Agent } from "undici";
import { HOUR } from "../../config/index.ts";
import type { FileLinks } from "../../graph/index.ts";
import {
  createFairSlots,
  gatewayAddress,
  onRequestClosed,
  RefusedRequest,
  type RequestLike,
  throttledConfig,
} from "../../server/index.ts";

/** The URL of a file below `/media/`: the expiry of the link in seconds, the signature, and the path. */
const linkPattern = /^\/media\/(\d{1,12})\/([\w-]{43})(\/.*)$/s;

/**
 * Creates links to files through this gateway, valid for anyone until they expire. `secret`: shared by all processes
 * behind one address; if omitted, links end with the process.
 */
export function createSignedLinks(base: string, secret: string | undefined) {
  const key = secret === undefined ? randomBytes(32) : hash("sha256", `media\n${secret}`, "buffer");

  const sign = (end: string, path: string) =>
    createHmac("sha256", key).update(`${end}\n${path}`).digest("base64url");

  /** Returns the link of a file. A file on another host keeps Alma's link, since the gateway does not fetch it. */
  function linkTo(path: string, address: string) {
    if (!URL.canParse(path, base)) return path;
    const { origin, pathname, search, href } = new URL(path, base);
    if (origin !== new URL(base).origin) return href;
    // At a full hour, one to two hours from now, so that a picture keeps its link for some time.
    const end = String((Math.ceil(Date.now() / HOUR) * HOUR + HOUR) / 1000);
    return `${address}/media/${end}/${sign(end, pathname + search)}${pathname}${search}`;
  }

  return {
    /** Creates the links in one request's answer, with the address by which it reached this gateway. */
    of(request: RequestLike): FileLinks {
      const address = request.followers ? gatewayAddress.placeholder : gatewayAddress.ofRequest(request);
      return { isLasting: false, linkTo: (path) => linkTo(path, address) };
    },

    /**
     * Returns the path of the file that a link points to, and its remaining seconds; undefined if it is invalid or
     * expired.
     */
    read(url: string): { readonly path: string; readonly secondsLeft: number } | undefined {
      const [, end = "", signature = "", path = ""] = linkPattern.exec(url) ?? [];
      const secondsLeft = Math.floor(Number(end) - Date.now() / 1000);
      const isSigned =
        signature !== "" && timingSafeEqual(Buffer.from(signature), Buffer.from(sign(end, path)));
      return isSigned && secondsLeft > 0 ? { path, secondsLeft } : undefined;
    },
  };
}

/** Creates links directly to Alma. */
export const directLinks = (base: string): FileLinks => ({
  isLasting: true,
  linkTo: (path) => (URL.canParse(path, base) ? new URL(path, base).href : path),
});

/**
 * Reads pictures and scans. `apiKey` is sent if they are on Alma's origin. `timeout`: milliseconds until an answer
 * starts.
 */
export function mediaSource(
  { almaUrl, almaMediaUrl }: { readonly almaUrl: string; readonly almaMediaUrl?: string },
  apiKey: () => string,
  timeout: number,
) {
  const base = almaMediaUrl ?? new URL("/", almaUrl).href;
  const { origin } = new URL(base);
  const isAlma = origin === new URL(almaUrl).origin;
  const agent = new Agent({ connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout });
  return {
    /** The URL against which their paths are resolved. */
    base,
    /** Requests the file at a path; a redirect is an answer like any other. */
    open: (
      path: string,
      method: "GET" | "HEAD",
      headers: Readonly<Record<string, string>>,
      signal: AbortSignal,
    ) =>
      agent.request({
        origin,
        path,
        method,
        headers: { ...headers, "accept-encoding": "identity", ...(isAlma && { "api-key": apiKey() }) },
        signal,
      }),
    close: () => agent.close(),
  };
}

/** The maximum number of files forwarded concurrently; one address may use half. */
const MAX_OPEN = 64;
/** Types that can be shown and contain no script, unlike SVG. */
const shownTypes = /^(image\/(jpeg|png|gif|webp|avif|heic|heif|bmp|tiff)|application\/pdf)\b/i;
const sentHeaders = ["range", "if-range", "if-none-match", "if-modified-since"];
const answeredHeaders = [
  ...["content-type", "content-length", "content-range"],
  ...["accept-ranges", "etag", "last-modified"],
];

/**
 * Adds `/media/…`: pictures and scans of Alma, by the links in records. Links need no key; `take` limits the requests
 * per minute of an address. A file is streamed, with ranges and ETags, up to MAX_FILE; a file of unknown length is read
 * first.
 */
export function addMediaRoute(
  app: FastifyInstance,
  links: ReturnType<typeof createSignedLinks>,
  source: ReturnType<typeof mediaSource>,
  maxFile: number,
  take: ((address: string) => number | undefined) | undefined,
): void {
  const slots = createFairSlots(MAX_OPEN, 0, () => true);
  app.route({
    method: ["GET", "HEAD"],
    url: "/media/*",
    config: { ...throttledConfig, isPublic: true, isCutOffWhenIdle: true },
    handler: async (request, reply) => {
      const address = gatewayAddress.stripPort(request.ip);
      const wait = take?.(address);
      if (wait !== undefined)
        throw new RefusedRequest(
          429,
          "RATE_LIMITED",
          `Your address has requested too many pictures and scans in a minute (RATE_LIMIT). Try again in ${wait} s.`,
          { retryAfter: wait },
        );
      const link = links.read(request.url);
      if (!link) throw notFound();
      const release = slots.tryTake(address);
      if (!release)
        throw new RefusedRequest(
          503,
          "OVERLOADED",
          `${MAX_OPEN} files are being sent, or half as many to your address. Read them to their end, and try again in 1 s.`,
          { retryAfter: 1 },
        );
      const left = new AbortController();
      onRequestClosed(reply, () => {
        release();
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
      const isWhole = method === "HEAD" || answer.statusCode >= 300 || "content-length" in answer.headers;
      const body = isWhole ? answer.body : await readAll(answer.body, maxFile);
      reply
        .code(answer.statusCode)
        .headers(pick(answer.headers, answeredHeaders))
        .headers({
          "cache-control": `private, max-age=${link.secondsLeft}`,
          "content-security-policy": "default-src 'none'; sandbox",
          "cross-origin-resource-policy": "cross-origin",
        });
      return reply.send(body);
    },
  });
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const pick = (headers: Headers, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));

/** Returns why an answer of Alma is not forwarded; undefined if it is. */
function findRefusal(status: number, headers: Headers, maxFile: number) {
  if (status === 304 || status === 416) return undefined;
  if (status === 404 || status === 410) return notFound();
  if (status !== 200 && status !== 206) return unavailable();
  if (!shownTypes.test(String(headers["content-type"])))
    return new RefusedRequest(
      502,
      "ALMA_BAD_ANSWER",
      "The file is neither a picture nor a PDF, and is not shown.",
    );
  if (Number(headers["content-length"] ?? 0) <= maxFile) return undefined;
  return tooLarge(maxFile);
}

async function readAll(body: AsyncIterable<Buffer>, maxFile: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxFile) throw tooLarge(maxFile);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof RefusedRequest ? error : unavailable();
  }
  return Buffer.concat(chunks);
}

const tooLarge = (maxFile: number) =>
  new RefusedRequest(502, "LIMIT_EXCEEDED", `The file has more than ${maxFile} bytes, and is not shown.`);
const notFound = () =>
  new RefusedRequest(
    404,
    "NOT_FOUND",
    "There is no file here, or its link has expired. Query the record again: it has a new link.",
  );
const unavailable = () =>
  new RefusedRequest(503, "ALMA_UNAVAILABLE", "Alma does not return the file. Try again in 5 s.", {
    retryAfter: 5,
  });
