import { isIP } from "node:net";
import { hostname as machineName } from "node:os";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { createErrorBody } from "./error-response.ts";

/**
 * A Fastify hook that rejects requests whose `Host` is not a name of this machine. A web site can make its own name
 * resolve to this machine ("DNS rebinding"); a browser then takes its pages and an open gateway for the same origin. IP
 * addresses are accepted: they cannot be made to resolve elsewhere.
 */
export function rejectForeignHost({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const host = headers.host ?? "";
  // Browsers always send `Host`.
  if (host === "" || isKnownHost(host)) {
    done();
    return;
  }
  const message =
    `The request was sent to ${JSON.stringify(host.slice(0, 100))}, but this gateway, which has no authentication, answers only to ` +
    "localhost, this machine's name and IP addresses such as 127.0.0.1. Use one of these; or let its operator configure keys " +
    "(API_KEYS_FILE) or, if it is behind a proxy, TRUST_PROXY.";
  reply.code(403).send(createErrorBody("FORBIDDEN", message));
}

/** The machine's host name, and the name by which Docker's containers reach it. */
const machineNames: ReadonlySet<string> = new Set([machineName().toLowerCase(), "host.docker.internal"]);

/** Hosts that were accepted: a client sends the same one with each request. */
const ownHosts = new LRUCache<string, true>({ max: 100 });

function isKnownHost(host: string): boolean {
  if (ownHosts.has(host)) return true;
  if (!isOwnHost(host)) return false;
  ownHosts.set(host, true);
  return true;
}

/** Whether the `Host` of a request, with or without a port, is an address, localhost or the machine's name. */
function isOwnHost(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || /^(.+\.)?localhost\.?$/.test(hostname) || machineNames.has(hostname);
}
