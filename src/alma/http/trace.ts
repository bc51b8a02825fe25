import type { Send } from "./send.ts";

/**
 * Follows one HTTP request to Alma: calls `send` once, with headers to be sent along, and gives back what it gives.
 * `route` is as in `GET realty/units/{id}/`.
 */
export type Trace = <R extends { readonly status: number }>(
  route: string,
  send: (headers: Readonly<Record<string, string>>) => Promise<R>,
) => Promise<R>;

/** Lets each attempt be followed. */
export function withTrace(send: Send, trace: Trace): Send {
  return (request) => trace(request.route, (headers) => send({ ...request, headers }));
}
