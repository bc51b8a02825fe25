import { isIP } from "node:net";
import { hostname as machineName } from "node:os";
import { createErrorBody } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

/**
 * A Fastify hook that rejects requests whose `Host` is not a name of this machine. A web site can make its own name
 * resolve to this machine ("DNS rebinding"); a browser then takes its pages and an open gateway for the same origin. IP
 * addresses are accepted: they cannot be made to resolve elsewhere.
 */
export const rejectForeignHost: RequestHook = ({ headers: { host = "" } }, reply, done) => {
  // Browsers always send `Host`.
  if (host === "" || isOwnHost(host)) return done();
  const message =
    `The request was sent to ${JSON.stringify(host.slice(0, 100))}, but this gateway, which has no authentication, answers only to ` +
    "localhost, this machine's name and IP addresses such as 127.0.0.1. Use one of these; or let its operator configure keys " +
    "(API_KEYS_FILE) or, if it is behind a proxy, TRUST_PROXY.";
  reply.code(403).send(createErrorBody("FORBIDDEN", message));
};

/** The machine's host name, and the name by which Docker's containers reach it. */
const machineNames: ReadonlySet<string> = new Set([machineName().toLowerCase(), "host.docker.internal"]);

/** Whether the `Host` of a request, with or without a port, is an address, localhost or the machine's name. */
function isOwnHost(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || /^(.+\.)?localhost\.?$/.test(hostname) || machineNames.has(hostname);
}
