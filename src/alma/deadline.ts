import type { Send } from "./send.ts";

/**
 * Gives a call `timeout` milliseconds in all, its retries included, counted from when it comes out of the queue. What
 * comes below spends from this: an attempt ends with it, and no pause reaches beyond it.
 */
export function deadline(send: Send, timeout: number): Send {
  return (request) => send({ ...request, deadline: performance.now() + timeout });
}
