import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { CallOptions } from "../http/send.ts";
import type { WriteOutcome } from "../resource/writable.ts";
import type { ExternalFiles, LinkInput } from "./external-file.ts";
import {
  type FileLimits,
  type IncomingFile,
  type InspectedFile,
  InvalidFileError,
  inspectFile,
} from "./file-content.ts";
import { guardedConnector, type LinkedFile, type LinkNetwork, openLink, parseLink } from "./linked-file.ts";

/** Creates a queue that runs at most `max` tasks concurrently, in order of arrival. */
function limitConcurrency(max: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running < max) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // Pass a free slot directly to the next task, so that no new task can take it.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/**
 * Uploads files in the form that Alma accepts. A file that cannot be uploaded gives `not-done` with a
 * InvalidFileError.
 */
export interface Uploads {
  /** Returns whether Alma is known to accept only links. */
  acceptsOnlyLinks(): boolean;
  /** Streams a file to Alma without buffering it. */
  sendFile(file: IncomingFile, description: string, options: CallOptions): Promise<WriteOutcome>;
  /** Sends a URL; if Alma accepts only files, fetches the file and streams it to Alma. */
  sendLink(input: LinkInput, options: CallOptions): Promise<WriteOutcome>;
  /** Checks a URL without sending anything to Alma. Undefined if it is valid. */
  checkLink(url: string): Promise<InvalidFileError | undefined>;
}

/** The names under which files were sent. */
export interface UploadNames {
  /**
   * Returns a prefix unique to the name of an uploaded file; undefined if the gateway did not send the file, because
   * Alma chooses the names of files that it fetches.
   */
  nameOf(id: number): string | undefined;
}

/** The maximum number of remembered names. */
const MAX_NAMES = 10_000;

/**
 * Creates uploads to `external-image/`, at most `maxConcurrent` at a time, so that slow senders leave slots for other
 * calls.
 */
export function createUploads(
  files: ExternalFiles,
  limits: FileLimits,
  network: LinkNetwork,
  maxConcurrent: number,
): Uploads & UploadNames {
  const limited = limitConcurrency(maxConcurrent);
  const connect = guardedConnector(network, Math.min(limits.timeout, 10_000));
  const names = new LRUCache<number, string>({ max: MAX_NAMES });

  const send = async (file: IncomingFile, description: string, options: CallOptions) => {
    const { type, extension, content } = await inspectFile(file.content, limits);
    const { name, length } = file;
    const uniqueName = randomBytes(8).toString("hex");
    const source = { name: `${uniqueName}-${safeName(name, extension)}`, type, content, length };
    const outcome = await files.sendFile(source, description, options);
    if (outcome.outcome === "done" && outcome.id !== undefined) names.set(outcome.id, uniqueName);
    return outcome;
  };

  const withFetchedFile = <T>(url: string, use: (file: LinkedFile) => Promise<T>) =>
    openLink(url, limits, connect).then((file) => use(file).finally(file.close));

  return {
    nameOf: (id) => names.get(id),

    acceptsOnlyLinks: () => files.form() === "link",

    sendFile: (file, description, options) =>
      limited(() => badFileAsOutcome(() => send(file, description, options))),

    sendLink: (input, options) =>
      badFileAsOutcome(async () => {
        const { url, description } = input;
        if (files.form() !== "multipart") {
          parseLink(url, ["https:", "http:"]);
          const outcome = await files.sendLink(input, options);
          // The form was unknown, and this refusal has shown that Alma accepts only files.
          if (outcome.outcome === "done" || files.form() !== "multipart") return outcome;
        }
        return limited(() => withFetchedFile(url, (file) => send(file, description, options)));
      }),

    async checkLink(url) {
      try {
        if (files.form() !== "multipart") parseLink(url, ["https:", "http:"]);
        else
          await limited(() =>
            withFetchedFile(url, async (file) => discard(await inspectFile(file.content, limits))),
          );
        return undefined;
      } catch (error) {
        if (error instanceof InvalidFileError) return error;
        throw error;
      }
    },
  };
}

async function badFileAsOutcome(upload: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
  try {
    return await upload();
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return { outcome: "not-done", error };
  }
}

async function discard({ content }: InspectedFile) {
  await content[Symbol.asyncIterator]().return?.();
}

/** Extensions equivalent to the usual one for a type. */
const SAME_TYPE: Readonly<Record<string, RegExp>> = { jpg: /^(jpeg|jpe|jfif)$/i, heic: /^(heif|hif)$/i };

/**
 * Returns the last part of a name without control characters. Some servers derive the type from the extension, so an
 * extension of another type is replaced, and the right one is added after any other ending.
 */
function safeName(name: string, extension: string) {
  const baseName = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const plain = baseName.replace(/[\p{Cc}\p{Cs}]/gu, "").replace(/(?<![\s.])[\s.]+$/, "");
  const [ending = "", given = ""] = /\.([a-z][a-z\d]{0,4})$/i.exec(plain) ?? [];
  const isRight = given.toLowerCase() === extension || SAME_TYPE[extension]?.test(given);
  const stem = plain.slice(0, plain.length - ending.length).trim();
  return `${stem.slice(0, 100) || "file"}.${isRight ? given : extension}`;
}
