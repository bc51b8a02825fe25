import { isUpload, type Send } from "../http/send.ts";

/**
 * Sets the deadline of a call: `timeout` milliseconds after it leaves the queue, retries and pauses included. The
 * transport ends an attempt at the deadline, and no retry starts after it. An upload is only as fast as the sender of
 * its file, and gets ten times as long.
 */
export function withDeadline(send: Send, timeout: number): Send {
  return (request) => {
    const budget = isUpload(request) ? 10 * timeout : timeout;
    return send({ ...request, deadline: performance.now() + budget });
  };
}
