import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { buildConnector } from "undici";
import { BadFile } from "./bad-file.ts";

/** Which hosts links may lead to. */
export interface LinkNetwork {
  /** Networks, as CIDR, that are allowed in addition to public addresses. */
  readonly networks?: readonly string[];
  /** Resolves a host name to all its addresses; the system's resolver by default. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Trusted certificate authorities (PEM), instead of Node's own. */
  readonly ca?: string;
}

/** An address in a public range that leads to the host of the virtual machine on Azure. */
const AZURE_HOST = "168.63.129.16";
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address is on the public internet: not private, loopback, link-local, carrier-grade NAT, metadata,
 * documentation or multicast, and no IPv6 address that leads to an IPv4 address by translation or tunnel. An
 * IPv4-mapped IPv6 address counts as its IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  const ip = ipaddr.process(address);
  if (ip.range() !== "unicast" || ip.toString() === AZURE_HOST) return false;
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_UNICAST);
}

/**
 * Opens connections to allowed addresses only. A connection goes to the address that was checked, so that a host name
 * cannot resolve to another one in between (DNS rebinding). `timeout`: milliseconds. Fails with BadFile.
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
    // A link with an address instead of a name needs no lookup, so its address is checked here.
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
