import { isUpload, type Send } from "./send.ts";

/**
 * Gives a call `timeout` milliseconds in all, its retries included, counted from when it comes out of the queue. What
 * comes below spends from this: an attempt ends with it, and no pause reaches beyond it. A file that is sent while it
 * is read comes no faster than its owner gives it, and has ten times as long.
 */
export function withDeadline(send: Send, timeout: number): Send {
  return (request) => {
    const budget = isUpload(request) ? 10 * timeout : timeout;
    return send({ ...request, deadline: performance.now() + budget });
  };
}
