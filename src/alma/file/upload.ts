import type { CallOptions } from "../http/reading.ts";
import type { Outcome } from "../resource/write.ts";
import { BadFile } from "./bad-file.ts";
import type { ExternalFiles } from "./external-file.ts";
import { type FileLimits, type InspectedFile, inspectFile } from "./file-content.ts";
import { limitConcurrency } from "./limit-concurrency.ts";
import { type LinkedFile, openLink, parseLink } from "./link.ts";
import { guardedConnector, type LinkNetwork } from "./public-address.ts";

/** A file as its sender brings it. */
export interface IncomingFile {
  /** As its sender calls it. May be anything, or empty. */
  readonly name: string;
  /** Read once. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Bytes, or a few more, if known beforehand. */
  readonly length?: number;
}

/** A link to a file, and what the file shows. */
export interface LinkInput {
  readonly url: string;
  readonly description: string;
}

/** Brings files to Alma in the form that it takes. What is wrong with a file itself is a BadFile in a `not-done`. */
export interface Uploads {
  /** Whether Alma is known to take only links, so that no file can be sent to it. */
  acceptsOnlyLinks(options: CallOptions): Promise<boolean>;
  /** Sends a file as it comes; never holds all of it. */
  sendFile(file: IncomingFile, description: string, options: CallOptions): Promise<Outcome>;
  /** Gives Alma a link; where Alma takes files only, fetches the file and sends it as it comes. */
  sendLink(input: LinkInput, options: CallOptions): Promise<Outcome>;
  /** What is wrong with a link, as far as can be seen without telling Alma; undefined if nothing is. */
  checkLink(url: string, options: CallOptions): Promise<BadFile | undefined>;
}

/** Uploads over `external-image/`, at most so many at once: a slow sender must not take the reads' connections. */
export function uploads(
  files: ExternalFiles,
  limits: FileLimits,
  network: LinkNetwork,
  maxConcurrent: number,
): Uploads {
  const limited = limitConcurrency(maxConcurrent);
  const connect = guardedConnector(network, Math.min(limits.timeout, 10_000));

  const send = async (file: IncomingFile, description: string, options: CallOptions): Promise<Outcome> => {
    const { type, extension, content } = await inspectFile(file.content, limits);
    const { name, length } = file;
    const source = {
      name: safeName(name, extension),
      type,
      content,
      ...(length !== undefined && { length }),
    };
    return files.sendFile(source, description, options);
  };

  const withFetchedFile = <T>(url: string, use: (file: LinkedFile) => Promise<T>): Promise<T> =>
    openLink(url, limits, connect).then((file) => use(file).finally(file.close));

  return {
    acceptsOnlyLinks: async (options) => (await files.form(options)) === "link",

    sendFile: (file, description, options) =>
      limited(() => badFileAsOutcome(() => send(file, description, options))),

    sendLink: ({ url, description }, options) =>
      badFileAsOutcome(async () => {
        if ((await files.form(options)) !== "multipart") {
          parseLink(url, ["https:", "http:"]);
          const outcome = await files.sendLink({ url, description }, options);
          // Nobody knew the form, and this very refusal tells it: now the file itself is wanted.
          if (outcome.outcome === "done" || (await files.form(options)) !== "multipart") return outcome;
        }
        return limited(() => withFetchedFile(url, (file) => send(file, description, options)));
      }),

    async checkLink(url, options) {
      const form = await files.form(options);
      try {
        if (form !== "multipart") parseLink(url, ["https:", "http:"]);
        else
          await limited(() =>
            withFetchedFile(url, async (file) => discard(await inspectFile(file.content, limits))),
          );
        return undefined;
      } catch (error) {
        if (error instanceof BadFile) return error;
        throw error;
      }
    },
  };
}

async function badFileAsOutcome(upload: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await upload();
  } catch (error) {
    if (!(error instanceof BadFile)) throw error;
    return { outcome: "not-done", error };
  }
}

async function discard({ content }: InspectedFile): Promise<void> {
  await content[Symbol.asyncIterator]().return?.();
}

/** The last part of a name, without control characters, and with an ending: some servers tell types by that. */
function safeName(name: string, extension: string): string {
  const baseName = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const plain = baseName.replace(/[\p{Cc}\p{Cs}]/gu, "").trim();
  const suffix = /\.\w{1,8}$/.exec(plain)?.[0] ?? `.${extension}`;
  const stem = plain.endsWith(suffix) ? plain.slice(0, -suffix.length) : plain;
  return `${stem.slice(0, 100) || "file"}${suffix}`;
}
