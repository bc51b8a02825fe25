import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Config } from "../config.ts";
import type { Log } from "./log.ts";
import { noManifest, readManifest } from "./manifest.ts";
import { refusal } from "./refusal.ts";
import { watchFile } from "./watched-file.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The text of the persisted document that is to be run, whatever else the request has; null if it names none. */
    document: string | null;
  }
}

/** What a request says of the document that it wants, in its body or its search. */
interface Asked {
  readonly documentId?: unknown;
  readonly query?: unknown;
  readonly extensions?: unknown;
}

/**
 * Finds the documents that requests name by an id: as `documentId` ("GraphQL over HTTP", persisted documents) or as
 * the hash of Apollo's APQ. With `required` nothing but the manifest's documents is answered, whichever way they come;
 * others are refused before they are parsed. With `log` others are noted, once each. APQ's own registrations, in the
 * other modes, are Apollo Server's. A fastify `preHandler` hook. Throws if the manifest cannot be read.
 */
export function persistedDocuments(config: Config, log: Log) {
  const { persistedDocuments: mode, persistedManifest: path } = config;
  const manifest = path === undefined ? () => noManifest : watchManifest(path, log);
  const noted = new LRUCache<string, true>({ max: 1_000 });

  function note(text: string, request: FastifyRequest) {
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
    if (noted.has(hash)) return;
    noted.set(hash, true);
    log.warn(
      { requestId: request.id, hash, caller: request.caller?.name },
      "a document that is not in the manifest",
    );
  }

  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { extensions, ...rest } = asked(request);
    const documentId = rest.documentId ?? undefined;
    const query = rest.query || undefined;
    const id = documentId ?? (query === undefined ? hashOf(extensions) : undefined);
    const known = manifest();
    const text = typeof id === "string" ? known.find(id) : query;
    const listed = typeof text === "string" && known.has(text);
    if (documentId !== undefined && query !== undefined) refuse(reply, "BAD_REQUEST", bothGiven);
    else if (documentId !== undefined && !listed)
      refuse(reply, "PERSISTED_DOCUMENT_NOT_FOUND", notFound(documentId, path));
    else if (mode === "required" && !listed) refuse(reply, "PERSISTED_DOCUMENT_REQUIRED", required);
    else {
      if (listed) request.document = text;
      else if (mode === "log" && typeof text === "string") note(text, request);
      done();
    }
  };
}

function watchManifest(path: string, log: Log) {
  return watchFile(path, readManifest, {
    changed: ({ size }) =>
      log.info({ documents: size }, "the manifest of persisted documents was read again"),
    bad(error, last) {
      log.error(
        { error },
        "the manifest of persisted documents cannot be read; what it had before still counts",
      );
      return last;
    },
  });
}

function asked({ method, body, query }: FastifyRequest): Asked {
  const given = method === "GET" ? query : body;
  return typeof given === "object" && given !== null ? given : {};
}

/** The hash in APQ's extension: an object in a body, JSON text in a search. */
function hashOf(extensions: unknown): unknown {
  let value = extensions;
  try {
    if (typeof value === "string") value = JSON.parse(value);
  } catch {
    return undefined;
  }
  return (value as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined)?.persistedQuery
    ?.sha256Hash;
}

function refuse(reply: FastifyReply, code: string, message: string): void {
  reply.code(400).send(refusal(code, message));
}

const bothGiven = "The request has both documentId and query. Send one of them.";

const required =
  "This gateway answers persisted documents only (PERSISTED_DOCUMENTS), and this document is not in its manifest. Send " +
  "the documentId of one that is, or have this one added: it must be the same to the letter.";

function notFound(id: unknown, path: string | undefined): string {
  if (path === undefined) {
    return "documentId was sent, but this gateway has no manifest of persisted documents (PERSISTED_MANIFEST). Send query.";
  }
  const name = typeof id === "string" ? `"${id.slice(0, 100)}"` : "which is no text";
  return `documentId is ${name}, and the manifest has no such document. Is it that of another version of the client?`;
}
