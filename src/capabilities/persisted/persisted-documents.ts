import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { type Log, type ValuesOf, watchFile } from "../../config/index.ts";
import { type KnownDocuments, RefusedRequest } from "../../server/index.ts";
import { type PersistedManifest, parseManifest } from "./persisted-manifest.ts";
import type { settings } from "./settings.ts";

/** The document requested in a body or query string. */
interface DocumentRequest {
  readonly documentId?: unknown;
  readonly query?: unknown;
  readonly extensions?: unknown;
}

/**
 * Finds the documents of the manifest by `documentId` (GraphQL over HTTP, "Persisted Documents") or by the hash of
 * Apollo's APQ. With the mode `required`, all other documents are refused before they are parsed; with `log`, each is
 * logged once. With `off` and `log`, Apollo Server registers documents for APQ. Throws if the manifest cannot be read.
 */
export function createPersistedDocuments(
  { persistedDocuments: mode, persistedManifest: path }: ValuesOf<typeof settings>,
  log: Log,
): KnownDocuments {
  const manifest = watchManifest(path, log);
  const loggedHashes = new LRUCache<string, true>({ max: 1_000 });

  function logUnlisted(text: string, request: FastifyRequest) {
    const start = hash("sha256", text, "hex").slice(0, 16);
    if (loggedHashes.has(start)) return;
    loggedHashes.set(start, true);
    log.warn(
      { requestId: request.id, hash: start, caller: request.caller?.name },
      "document not in the manifest",
    );
  }

  const hook: KnownDocuments["hook"] = (request, reply, done) => {
    const documentRequest = readDocumentRequest(request);
    const documentId = documentRequest.documentId ?? undefined;
    const query = documentRequest.query || undefined;
    const id = documentId ?? (query === undefined ? apqHashOf(documentRequest.extensions) : undefined);
    const currentManifest = manifest();
    const text = typeof id === "string" ? currentManifest.find(id) : query;
    const isListed = typeof text === "string" && currentManifest.has(text);
    if (documentId !== undefined && query !== undefined) sendError(reply, "BAD_REQUEST", bothGivenMessage);
    else if (documentId !== undefined && !isListed)
      sendError(reply, "PERSISTED_DOCUMENT_NOT_FOUND", notFoundMessage(documentId, path));
    else if (mode === "required" && !isListed)
      sendError(reply, "PERSISTED_DOCUMENT_REQUIRED", requiredMessage);
    else {
      if (isListed) request.document = text;
      else if (mode === "log" && typeof text === "string") logUnlisted(text, request);
      done();
    }
  };
  return { hook, find: (id) => manifest().find(id), isRequired: mode === "required" };
}

/** Watches the manifest file PERSISTED_MANIFEST. Throws if the first read fails. */
function watchManifest(path: string | undefined, log: Log): () => PersistedManifest {
  if (path === undefined) {
    const empty = parseManifest("{}");
    return () => empty;
  }
  return watchFile(path, parseManifest, {
    changed: ({ size }) => log.info({ documents: size }, "persisted documents reloaded"),
    bad(error, last) {
      log.error(
        { error },
        "the manifest of persisted documents cannot be read; the previous one stays in use",
      );
      return last;
    },
  });
}

function readDocumentRequest({ method, body, query }: FastifyRequest): DocumentRequest {
  const source = method === "GET" ? query : body;
  return typeof source === "object" && source !== null ? source : {};
}

/** Returns the hash in APQ's extension: an object in a body, JSON text in a query string. */
function apqHashOf(extensions: unknown) {
  let value = extensions;
  try {
    if (typeof value === "string") value = JSON.parse(value);
  } catch {
    return undefined;
  }
  return (value as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined)?.persistedQuery
    ?.sha256Hash;
}

function sendError(reply: FastifyReply, code: string, message: string) {
  new RefusedRequest(400, code, message).send(reply);
}

const bothGivenMessage = "The request has both documentId and query. Send one of them.";

const requiredMessage =
  "This gateway answers persisted documents only (PERSISTED_DOCUMENTS), and this document is not in its manifest. Send " +
  "the documentId of one that is, or have this one added: it must be identical.";

function notFoundMessage(id: unknown, path: string | undefined) {
  if (path === undefined) {
    return "documentId was sent, but this gateway has no manifest of persisted documents (PERSISTED_MANIFEST). Send query.";
  }
  const name = typeof id === "string" ? `"${id.slice(0, 100)}"` : "which is not a string";
  return `documentId is ${name}, and the manifest has no such document. Is it from another version of the client?`;
}
