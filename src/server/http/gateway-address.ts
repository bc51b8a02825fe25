import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";

/**
 * Returns which proxies to trust, in the form of Fastify's `trustProxy`; `hop` 0 is the peer of the connection. Entries
 * of `X-Forwarded-For` before the last trusted proxy can be forged.
 */
export function createTrustCheck(trust: Config["trustProxy"]) {
  return typeof trust === "number" ? (_address: string, hop: number) => hop < trust : trust;
}

/** Removes the port that some proxies append to the caller's address. The port changes with each connection. */
export function stripPort(forwarded: string): string {
  const [, address] = /^\[?(.+?)\]?:\d+$/.exec(forwarded) ?? [];
  return address !== undefined && isIP(forwarded) === 0 && isIP(address) !== 0 ? address : forwarded;
}

/** A random placeholder for the gateway's address in answers shared between requests. */
export const placeholder = `http://${randomUUID()}.invalid`;

/** Returns the address by which a request reached this gateway. */
export const ofRequest = ({
  protocol = "http",
  host,
  headers,
}: Pick<FastifyRequest, "headers"> & Partial<Pick<FastifyRequest, "protocol" | "host">>): string =>
  `${protocol}://${host ?? headers.host}`;

/** Returns whether shared JSON contains links that need an address. */
export const hasPlaceholder = (json: string): boolean => json.includes(placeholder);

/** Replaces the placeholder in the links of shared JSON with an address. */
export const insert = (json: string, address: string): string =>
  json.replaceAll(placeholder, () => JSON.stringify(address).slice(1, -1));
