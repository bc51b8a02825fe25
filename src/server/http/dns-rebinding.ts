import { isIP } from "node:net";
import { hostname as machineName } from "node:os";
import type { Config } from "../../config/index.ts";
import { createErrorBody } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

/**
 * Creates a Fastify hook that rejects requests to an open gateway by a host name that is not its own. A web site can
 * make its name resolve to this machine ("DNS rebinding"); a browser then takes its pages and the gateway for the same
 * origin. IP addresses are accepted: they cannot be made to resolve elsewhere.
 */
export function rejectForeignHosts({
  allowedHosts,
  host: listenHost,
  peerUrl,
}: Pick<Config, "allowedHosts" | "host" | "peerUrl">): RequestHook {
  const own = new Set(
    [...allowedHosts, listenHost, machineName(), dockerHost].map((name) => name.toLowerCase()),
  );
  if (peerUrl !== undefined) own.add(new URL(peerUrl).hostname);
  // Behind a proxy that is trusted, `host` is the name by which the proxy was reached.
  return ({ host }, reply, done) => {
    // Browsers always send `Host`.
    if (!host || isOwn(host, own)) return done();
    const message =
      `The request was sent to ${JSON.stringify(host.slice(0, 100))}, but this gateway, which has no authentication, answers only to ` +
      "localhost, this machine's name, IP addresses such as 127.0.0.1 and the names in ALLOWED_HOSTS. Use one of these, have " +
      "its operator add the name to ALLOWED_HOSTS, or configure keys (API_KEYS_FILE).";
    reply.code(403).send(createErrorBody("FORBIDDEN", message));
  };
}

/** The name by which Docker's containers reach their machine. */
const dockerHost = "host.docker.internal";

/** Whether a `Host`, with or without a port, is an address, localhost or one of these names. */
function isOwn(host: string, names: ReadonlySet<string>): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || /^(.+\.)?localhost\.?$/.test(hostname) || names.has(hostname);
}
