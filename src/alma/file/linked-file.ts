import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { buildConnector, Client, type Dispatcher } from "undici";
import { type FileLimits, type IncomingFile, InvalidFileError, tooLargeError } from "./file-content.ts";

/** The hosts that file URLs may point to. */
export interface LinkNetwork {
  /** Networks in CIDR notation, allowed in addition to public addresses. */
  readonly networks?: readonly string[];
  /** Resolves a host name to all its addresses; by default with the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Trusted certificate authorities (PEM) instead of Node's own. */
  readonly ca?: string;
}

/** A public address that reaches the host of an Azure virtual machine. */
const AZURE_HOST = "168.63.129.16";
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Returns whether an address is on the public internet: not private, loopback, link-local, carrier-grade NAT, metadata,
 * documentation or multicast, nor an IPv6 address that leads to an IPv4 address by translation or tunnel. An
 * IPv4-mapped IPv6 address counts as its IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  const ip = ipaddr.process(address);
  if (ip.range() !== "unicast" || ip.toString() === AZURE_HOST) return false;
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_UNICAST);
}

/**
 * Creates a connector that opens connections only to allowed addresses. It connects to the address it checked, so that
 * the host name cannot resolve to another one in between (DNS rebinding). `timeout`: milliseconds. Fails with
 * InvalidFileError.
 */
export function guardedConnector(
  { networks = [], resolve = resolveAll, ca }: LinkNetwork,
  timeout: number,
): buildConnector.connector {
  const allowed = networks.map((network) => ipaddr.parseCIDR(network));
  const isAllowed = (address: string): boolean => {
    const ip = ipaddr.process(address);
    const isListed = allowed.some(([net, bits]) => ip.kind() === net.kind() && ip.match([net, bits]));
    return isListed || isPublicAddress(address);
  };

  const lookUpAllowed = async (host: string, { family }: LookupOptions): Promise<LookupAddress[]> => {
    const addresses = await resolve(host);
    if (!addresses.every(({ address }) => isAllowed(address))) throw notPublic();
    const matching =
      family === 4 || family === 6 ? addresses.filter((address) => address.family === family) : addresses;
    if (matching.length === 0) throw new Error("The host has no address.");
    return [...matching];
  };

  const connect = buildConnector({
    timeout,
    ca,
    lookup: (host, options, callback) => {
      lookUpAllowed(host, options).then(
        (addresses) => {
          const [first] = addresses;
          if (options.all) callback(null, addresses);
          else callback(null, first?.address ?? "", first?.family);
        },
        (error) => callback(error, ""),
      );
    },
  });

  return (options, callback) => {
    // An IP address needs no lookup, so it is checked here.
    if (isIP(options.hostname) !== 0 && !isAllowed(options.hostname)) callback(notPublic(), null);
    else connect(options, callback);
  };
}

function resolveAll(host: string): Promise<readonly LookupAddress[]> {
  return lookup(host, { all: true });
}

function notPublic(): InvalidFileError {
  return new InvalidFileError(
    "link",
    "The link leads to a non-public address, which the gateway does not access. Put the file where it can be " +
      "fetched from the internet, send it to POST /files, or have the network allowed (FILE_NETWORKS).",
  );
}

/**
 * A file behind a URL, not read yet, with the last part of the URL's path as its name. Its content throws
 * InvalidFileError if the transfer is interrupted.
 */
export interface LinkedFile extends IncomingFile {
  /** Closes the connection. Always call it. */
  readonly close: () => void;
}

/**
 * Starts to fetch a file by https. Redirects are not followed, because the caller did not specify their target. Throws
 * InvalidFileError if the URL is not https, `connect` refuses the host, the host does not answer in time with status
 * 200, or the file is too large.
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
    // Errors are thrown to the reader of the content. Without a listener, an earlier error would crash the process.
    body.on("error", () => {});
    const badStatus = statusError(statusCode);
    if (badStatus) throw badStatus;
    const length = contentLength(headers["content-length"]);
    if (length !== undefined && length > maxBytes) throw tooLargeError(maxBytes);
    return { name: fileNameOf(url), content: withBadFile(body), close, length };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Parses a link. Throws InvalidFileError unless it is a URL of one of these protocols without user name and password.
 */
export function parseLink(link: string, protocols: readonly string[]): URL {
  // The URL parser removes blanks and line breaks, but Alma gets the URL unchanged.
  const url = !/[\s\p{Cc}]/u.test(link) && URL.canParse(link) ? new URL(link) : undefined;
  if (url === undefined || !protocols.includes(url.protocol) || url.hostname === "") {
    const expected = protocols.map((protocol) => `${protocol}//`).join(" or ");
    throw new InvalidFileError(
      "link",
      `This is not a link to a file: it must begin with ${expected}, name a host, and have no blanks.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidFileError(
      "link",
      "The link contains a user name or password. Give one that works without.",
    );
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
    if (error instanceof InvalidFileError) throw error;
    const message =
      "The link's host cannot be reached, does not answer in time, or has no valid certificate; nothing was uploaded. " +
      "Check the link, or send the file to POST /files.";
    throw new InvalidFileError("broken-off", message, error);
  }
}

function statusError(status: number): InvalidFileError | undefined {
  if (status === 200) return undefined;
  const prefix = `The link's host answers with status ${status}`;
  if (status === 404 || status === 410) {
    return new InvalidFileError(
      "missing",
      `${prefix}: there is no file. Nothing was uploaded; check the link.`,
    );
  }
  if (status >= 300 && status < 400) {
    return new InvalidFileError(
      "link",
      `${prefix}, a redirect, which is not followed. Give the link's target instead; nothing was uploaded.`,
    );
  }
  return new InvalidFileError(
    "link",
    `${prefix} in the place of a file; nothing was uploaded. The link must work without a login.`,
  );
}

async function* withBadFile(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (error) {
    if (error instanceof InvalidFileError) throw error;
    const message = "The link's host interrupted the file; nothing was uploaded. Try again in a moment.";
    throw new InvalidFileError("broken-off", message, error);
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
