import { Agent, type Dispatcher } from "undici";
import { Exchange } from "./exchange.ts";
import type { Clock } from "./reading.ts";
import type { AlmaRequest, Send } from "./send.ts";

export interface TransportOptions {
  /** ALMA_URL: ends in a slash. */
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  /** How many connections may be open for reads. */
  readonly connections: number;
  /** Milliseconds to open a connection in. */
  readonly connectTimeout: number;
  /** Bytes of the largest answer that is taken in. */
  readonly maxBodySize: number;
}

/**
 * HTTP to Alma, with undici. Redirects are not followed: the key would travel with them. Reads share connections that
 * are kept open. A write gets a connection of its own: one that is closed by the other end at the moment of sending
 * would leave open whether the write was done, and a connection that cannot be opened proves that it was not.
 */
export function transport(options: TransportOptions): { send: Send; close: () => Promise<void> } {
  const { origin, pathname } = new URL(options.url);
  const common = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: options.connectTimeout } };
  const reads = new Agent({ ...common, connections: options.connections });
  const writes = new Agent({ ...common, connections: null, pipelining: 0 });

  const send: Send = (request) =>
    new Promise((resolve, reject) => {
      const exchange = new Exchange(request, options, { resolve, reject });
      if (exchange.isEnded) return;
      const agent = request.method === "GET" ? reads : writes;
      agent.dispatch(dispatchOptions(request), exchange);
    });

  const dispatchOptions = (request: AlmaRequest): Dispatcher.DispatchOptions => ({
    origin,
    path: pathname + request.path,
    method: request.method,
    headers: headers(request, options.apiKey),
    body: (typeof request.body === "object"
      ? request.body.content
      : request.body) as Dispatcher.DispatchOptions["body"],
  });

  return {
    send,
    close: async () => {
      await Promise.all([reads.close(), writes.close()]);
    },
  };
}

function headers({ body, options, headers }: AlmaRequest, apiKey: string): Record<string, string> {
  const result: Record<string, string> = {
    ...headers,
    "api-key": apiKey,
    accept: "application/json",
    // Who says nothing of it takes any encoding.
    "accept-encoding": "identity",
  };
  // Whoever sends us a request chooses its id, so that it may hold what no header can.
  if (options.requestId !== undefined && /^[\x21-\x7e]{1,200}$/.test(options.requestId)) {
    result["x-request-id"] = options.requestId;
  }
  if (typeof body === "string") result["content-type"] = "application/json";
  if (typeof body === "object") {
    result["content-type"] = body.type;
    if (body.length !== undefined) result["content-length"] = String(body.length);
  }
  return result;
}
