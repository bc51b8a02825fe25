import { Agent, type Dispatcher } from "undici";
import type { Clock } from "./clock.ts";
import { HeldBack } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { AlmaRequest, AlmaResponse, Departure, Send } from "./send.ts";
import type { Slices } from "./slice.ts";

/** Where Alma is, and the limits of connections to it. */
interface TransportOptions {
  /** ALMA_URL: ends in a slash. */
  readonly url: string;
  readonly apiKey: () => string;
  readonly clock: Clock;
  /** The maximum of open connections for reads. */
  readonly connections: number;
  /** Milliseconds for opening a connection. */
  readonly connectTimeout: number;
  /** Bytes of the largest response body that is accepted. */
  readonly maxBodySize: number;
  /** In which long bodies are read. */
  readonly slices: Slices;
  /** Replaces the connections. */
  readonly dispatcher?: Dispatcher;
}

/**
 * HTTP to Alma, with undici. Redirects are not followed, because the API key would be sent along. Reads share
 * connections that are kept open. Each write opens a connection of its own. If Alma closed an idle connection just when
 * a write is sent, it would be unknown whether the write was done; if a connection cannot be opened, it was not done.
 */
export function transport(options: TransportOptions): { send: Send; close: () => Promise<void> } {
  const { origin, pathname } = new URL(options.url);
  const common = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: options.connectTimeout } };
  const reads = options.dispatcher ?? new Agent({ ...common, connections: options.connections });
  const writes = options.dispatcher ?? new Agent({ ...common, connections: null, pipelining: 0 });

  const dispatch = (request: AlmaRequest) =>
    new Promise<AlmaResponse>((resolve, reject) => {
      const exchange = new Exchange(request, options, { resolve, reject });
      if (exchange.isEnded) return;
      const agent = request.method === "GET" ? reads : writes;
      agent.dispatch(dispatchOptions(request), exchange);
    });

  const sendPrepared = async (request: AlmaRequest, departure: Departure) => {
    await departure.prepare().catch((error) => {
      throw HeldBack.by(error);
    });
    return dispatch(request);
  };

  const dispatchOptions = (request: AlmaRequest): Dispatcher.DispatchOptions => ({
    origin,
    path: pathname + request.path,
    method: request.method,
    headers: headers(request, options.apiKey()),
    body: (typeof request.body === "object"
      ? request.body.content
      : request.body) as Dispatcher.DispatchOptions["body"],
  });

  return {
    send: (request) =>
      request.options.departure ? sendPrepared(request, request.options.departure) : dispatch(request),
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
    // Without this header, a server may choose any encoding (RFC 9110, 12.5.3).
    "accept-encoding": "identity",
  };
  // The caller chooses the request id, which may have characters that no header can carry.
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
