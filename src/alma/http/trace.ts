import type { Send } from "./send.ts";

/**
 * Traces one HTTP request to Alma: calls `send` once, with the headers to add to the request, and returns its result.
 * `route` is the path without ids, such as `GET realty/units/{id}/`.
 */
export type Trace = <R extends { readonly status: number }>(
  route: string,
  send: (headers: Readonly<Record<string, string>>) => Promise<R>,
) => Promise<R>;

/** Traces each attempt. */
export function withTrace(send: Send, trace: Trace): Send {
  return (request) => trace(request.route, (headers) => send({ ...request, headers }));
}
