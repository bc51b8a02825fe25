import type { FastifyRequest } from "fastify";
import { hasPreflightHeader } from "../http/preflight-header.ts";

/** Characters of a longer request are not compared. */
const maxKeyLength = 32_768;

/**
 * What a request asks for, and what its caller may see: two requests with the same key get the same answer as long as
 * no record changes. Undefined for what only Apollo Server answers or refuses.
 */
export function answerKeyOf(request: FastifyRequest): string | undefined {
  const { method, document, caller } = request;
  const asked = method === "POST" ? askedInBody(request) : method === "GET" ? askedInUrl(request) : undefined;
  if (asked === undefined || asked.length > maxKeyLength || !caller) return undefined;
  // The document of a documentId is another one once the manifest is.
  return `${method}\n${textOf(caller.scopes)}\n${document ?? ""}\n${asked}`;
}

/** The texts of sets of scopes, which live as long as the keys that have them. */
const scopeTexts = new WeakMap<ReadonlySet<string>, string>();

function textOf(scopes: ReadonlySet<string>): string {
  let text = scopeTexts.get(scopes);
  if (text === undefined) {
    text = [...scopes].sort().join();
    scopeTexts.set(scopes, text);
  }
  return text;
}

function askedInBody({ headers, body }: FastifyRequest): string | undefined {
  const isJson = /^application\/json\b/i.test(headers["content-type"] ?? "");
  const isShort = Number(headers["content-length"] ?? 0) <= maxKeyLength;
  return isJson && isShort && typeof body === "object" && body !== null ? JSON.stringify(body) : undefined;
}

function askedInUrl({ url, headers }: FastifyRequest): string | undefined {
  const start = url.indexOf("?");
  return start > 0 && hasPreflightHeader(headers) ? url.slice(start) : undefined;
}
