import { isIP } from "node:net";
import type { Config } from "../../config.ts";

/**
 * Of which addresses that a request came through the word counts, as Fastify asks for it: `hop` 0 is the one that is
 * connected. What stands in `X-Forwarded-For` before the last believed one was written by the caller, or by nobody
 * knows whom.
 */
export function createTrustCheck(trust: Config["trustProxy"]) {
  return typeof trust === "number" ? (_address: string, hop: number) => hop < trust : trust;
}

/** The address in what a proxy says of a caller: some add the port, which is another one for each connection. */
export function stripPort(forwarded: string): string {
  const [, address] = /^\[?(.+?)\]?:\d+$/.exec(forwarded) ?? [];
  return address !== undefined && isIP(forwarded) === 0 && isIP(address) !== 0 ? address : forwarded;
}
