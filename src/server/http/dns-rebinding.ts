import { isIP } from "node:net";
import { hostname as machineName } from "node:os";
import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "./error-response.ts";

/**
 * Turns away requests that were sent to a name which is not this machine's own. Whoever has a name of the web can let
 * it lead to this machine ("DNS rebinding"): to a browser, that name's page and an open gateway are then the same site.
 * An address cannot be made to lead elsewhere. A fastify hook.
 */
export function rejectForeignHost({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const host = headers.host ?? "";
  // Only what is no browser leaves it out.
  if (host === "" || isOwnHost(host)) {
    done();
    return;
  }
  const message =
    `The request was sent to ${JSON.stringify(host.slice(0, 100))}, and this gateway, which asks nobody for a key, answers to localhost, ` +
    "this machine's name and addresses such as 127.0.0.1 only. Ask it there; its operator may also configure keys (API_KEYS_FILE), or, if a " +
    "proxy stands in front of it, say so (TRUST_PROXY).";
  reply.code(403).send(createErrorBody("FORBIDDEN", message));
}

/** What the machine is called by itself and, by Docker's documentation, by containers on it. */
const machineNames: ReadonlySet<string> = new Set([machineName().toLowerCase(), "host.docker.internal"]);

/** Whether the `Host` of a request, with or without a port, is an address, localhost or the machine's name. */
function isOwnHost(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || /^(.+\.)?localhost\.?$/.test(hostname) || machineNames.has(hostname);
}
