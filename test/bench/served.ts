import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { mainThread } from "./child.ts";

/** The duration of a request, and for how long the main thread waited for a core meanwhile; milliseconds. */
export interface Served {
  readonly ms: number;
  readonly waited: number;
}

/** The request id of the observed requests. */
export const WATCHED = "screen";

/** Observes this process's requests with the id WATCHED. Returns those answered so far. */
export function watchServed(): () => readonly Served[] {
  const begun = new WeakMap<IncomingMessage, { readonly at: number; readonly waited: number }>();
  const served: Served[] = [];
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    if (request.headers["x-request-id"] === WATCHED)
      begun.set(request, { at: performance.now(), waited: mainThread().waited });
  });
  subscribe("http.server.response.finish", (message) => {
    const { request } = message as { request: IncomingMessage };
    const start = begun.get(request);
    if (start) served.push({ ms: performance.now() - start.at, waited: mainThread().waited - start.waited });
  });
  return () => served;
}
