import { type buildConnector, Client, type Dispatcher } from "undici";
import { BadFile } from "./bad-file.ts";
import { type FileLimits, tooLarge } from "./file-content.ts";

/** A file that a link leads to, not read yet. */
export interface LinkedFile {
  /** The last part of the link's path. May be empty. */
  readonly name: string;
  /** Throws BadFile if the transfer is interrupted. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Bytes, if the host declares them. */
  readonly length?: number;
  /** Closes the connection. Must always be called. */
  readonly close: () => void;
}

/**
 * Starts to fetch a file by https. Redirects are not followed, because the caller has not named their target. Throws
 * BadFile if the link is not https, `connect` refuses its host, the host does not answer in time or with status 200, or
 * the file is too large.
 */
export async function openLink(
  link: string,
  { timeout, maxBytes }: FileLimits,
  connect: buildConnector.connector,
): Promise<LinkedFile> {
  const url = parseLink(link, ["https:"]);
  const client = new Client(url.origin, { connect, pipelining: 0, headersTimeout: timeout, bodyTimeout: 0 });
  const close = () => void client.destroy().catch(() => {});
  try {
    const { statusCode, headers, body } = await requestFile(client, url);
    // Errors are thrown to the reader of the content. Without a listener, an earlier error would end the process.
    body.on("error", () => {});
    const badStatus = statusError(statusCode);
    if (badStatus) throw badStatus;
    const length = contentLength(headers["content-length"]);
    if (length !== undefined && length > maxBytes) throw tooLarge(maxBytes);
    return { name: fileNameOf(url), content: withBadFile(body), close, length };
  } catch (error) {
    close();
    throw error;
  }
}

/** The link as a URL. Throws BadFile if it is no URL of one of these protocols, or has a user name or password. */
export function parseLink(link: string, protocols: readonly string[]): URL {
  // The URL parser removes blanks and line breaks, but Alma gets the link as it is.
  const url = !/[\s\p{Cc}]/u.test(link) && URL.canParse(link) ? new URL(link) : undefined;
  if (url === undefined || !protocols.includes(url.protocol) || url.hostname === "") {
    const expected = protocols.map((protocol) => `${protocol}//`).join(" or ");
    throw new BadFile(
      "link",
      `This is no link to a file: it has to begin with ${expected}, name a host, and have no blanks.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new BadFile("link", "The link has a user's name or password in it. Give one that works without.");
  }
  return url;
}

async function requestFile(client: Client, { pathname, search }: URL): Promise<Dispatcher.ResponseData> {
  try {
    return await client.request({
      path: pathname + search,
      method: "GET",
      headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "alma-gateway" },
    });
  } catch (error) {
    if (error instanceof BadFile) throw error;
    const message =
      "The link's host cannot be reached, does not answer in time, or has no valid certificate; nothing was uploaded. " +
      "Check the link, or send the file to POST /files.";
    throw new BadFile("broken-off", message, error);
  }
}

function statusError(status: number): BadFile | undefined {
  if (status === 200) return undefined;
  const prefix = `The link's host answers with status ${status}`;
  if (status === 404 || status === 410) {
    return new BadFile("missing", `${prefix}: there is no file. Nothing was uploaded; check the link.`);
  }
  if (status >= 300 && status < 400) {
    return new BadFile(
      "link",
      `${prefix}, a redirect, which is not followed. Give the link that it leads to; nothing was uploaded.`,
    );
  }
  return new BadFile(
    "link",
    `${prefix} in the place of a file; nothing was uploaded. The link has to work without a login.`,
  );
}

async function* withBadFile(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (error) {
    if (error instanceof BadFile) throw error;
    const message =
      "The link's host broke the file off before its end; nothing was uploaded. Try again in a moment.";
    throw new BadFile("broken-off", message, error);
  }
}

function contentLength(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

function fileNameOf({ pathname }: URL): string {
  const segment = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
