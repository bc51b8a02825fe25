import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { buildConnector } from "undici";
import { BadFile } from "./bad-file.ts";

/** Where links may lead. All of it has a default. */
export interface LinkNetwork {
  /** Networks, as CIDR, whose addresses are allowed beside public ones. */
  readonly networks?: readonly string[];
  /** Every address of a host's name; the system's resolver if left out. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Certificates (PEM) of authorities that are trusted in the place of Node's own. */
  readonly ca?: string;
}

/** Public by its range, but answered by the host machine of Azure's virtual machines. */
const AZURE_HOST = "168.63.129.16";
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address belongs to the public internet: no private, loopback, link-local, carrier's, metadata,
 * documentation or multicast address, nor one of IPv6 that leads to an address of IPv4 by translation or tunnel. One
 * that maps an address of IPv4 counts as that.
 */
export function isPublicAddress(address: string): boolean {
  const ip = ipaddr.process(address);
  if (ip.range() !== "unicast" || ip.toString() === AZURE_HOST) return false;
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_UNICAST);
}

/**
 * Opens connections to allowed addresses only. The address that was checked is the one that is connected to: a name
 * that is resolved anew for each look cannot lead elsewhere in between. Fails with BadFile.
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
      family === 4 || family === 6 ? addresses.filter((each) => each.family === family) : addresses;
    if (matching.length === 0) throw new Error("The host has no address.");
    return [...matching];
  };

  const connect = buildConnector({
    timeout,
    ...(ca !== undefined && { ca }),
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
    // An address in the place of a name is connected to without any look-up.
    if (isIP(options.hostname) !== 0 && !isAllowed(options.hostname)) callback(notPublic(), null);
    else connect(options, callback);
  };
}

function resolveAll(host: string): Promise<readonly LookupAddress[]> {
  return lookup(host, { all: true });
}

function notPublic(): BadFile {
  return new BadFile(
    "link",
    "The link leads to an address that is not public, where the gateway does not go. Put the file where it can be " +
      "fetched from the internet, send it to POST /files, or have the network allowed (FILE_NETWORKS).",
  );
}
