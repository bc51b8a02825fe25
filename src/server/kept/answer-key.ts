import type { FastifyRequest } from "fastify";
import { hasPreflightHeader } from "../http/preflight-header.ts";

/** Characters of a longer request are not compared. */
const maxKeyLength = 32_768;

/**
 * What a request asks for, and what its caller may see: two requests with the same key get the same answer as long as
 * no record changes. Undefined for what only Apollo Server answers or refuses.
 */
export function answerKeyOf(request: FastifyRequest): string | undefined {
  const { method, document, caller, bodyText } = request;
  const asked = method === "POST" ? bodyText : method === "GET" ? askedInUrl(request) : null;
  if (asked === null || asked.length > maxKeyLength || !caller) return undefined;
  // The document of a documentId is another one once the manifest is.
  return `${method}\n${scopesText(caller.scopes)}\n${document ?? ""}\n${asked}`;
}

/** Names a set of scopes: equal sets have equal texts. */
export const scopesText = (scopes: ReadonlySet<string>): string => [...scopes].sort().join();

function askedInUrl({ url, headers }: FastifyRequest): string | null {
  const start = url.indexOf("?");
  return start > 0 && hasPreflightHeader(headers) ? url.slice(start) : null;
}
