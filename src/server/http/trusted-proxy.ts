import { isIP } from "node:net";
import type { Config } from "../../config/index.ts";

/**
 * Which proxies to trust, in the form of Fastify's `trustProxy`; `hop` 0 is the peer of the connection. Entries of
 * `X-Forwarded-For` before the last trusted proxy can be forged.
 */
export function createTrustCheck(trust: Config["trustProxy"]) {
  return typeof trust === "number" ? (_address: string, hop: number) => hop < trust : trust;
}

/** Removes the port that some proxies add to the caller's address; it differs for each connection. */
export function stripPort(forwarded: string): string {
  const [, address] = /^\[?(.+?)\]?:\d+$/.exec(forwarded) ?? [];
  return address !== undefined && isIP(forwarded) === 0 && isIP(address) !== 0 ? address : forwarded;
}
