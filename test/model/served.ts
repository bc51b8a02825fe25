import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { now } from "./clock.ts";

const servedAt = new Map<string, number>();

// Node's documentation: diagnostics_channel, HTTP.
subscribe("http.server.response.finish", (message) => {
  const { request } = message as { readonly request: IncomingMessage };
  const id = request.headers["x-request-id"];
  if (request.url === "/graphql" && typeof id === "string") servedAt.set(id, now());
});

/**
 * When the gateway had sent its answer to the request of this id, in milliseconds. On a busy machine it reaches its
 * caller later, and may do so after what was sent after it. Throws for an id that has had no answer.
 */
export function served(id: string): number {
  const at = servedAt.get(id);
  if (at === undefined) throw new Error(`Nothing was answered to ${id}.`);
  servedAt.delete(id);
  return at;
}
