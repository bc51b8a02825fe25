import { Unanswered } from "../http/errors.ts";
import { type Send, signalOf } from "../http/send.ts";
import { waitFor } from "../http/timer.ts";

/** Whether this process may call Alma at present. */
export interface Gate {
  isOpen(isRead: boolean): boolean;
  /** Resolves when that changes. */
  nextChange(): Promise<void>;
  /** Returns the longest time, in milliseconds, that a call waits for that. */
  callWait(): number;
}

/**
 * Holds calls back while a gate is closed, as long as it says and at most `timeout` milliseconds. They then
 * fail, and nothing was sent.
 */
export function withGate(send: Send, gate: Gate, timeout: number): Send {
  const wait: Send = async (request) => {
    const until = performance.now() + timeout;
    const isRead = request.method === "GET";
    while (!gate.isOpen(isRead)) {
      const left = Math.min(until - performance.now(), gate.callWait());
      if (left <= 0)
        throw new Unanswered(
          `Alma was not asked for ${request.subject}: this process does not lead. Try again in a moment.`,
          {},
        );
      await waitFor(gate.nextChange(), left, signalOf(request));
    }
    return send(request);
  };
  return (request) => (gate.isOpen(request.method === "GET") ? send(request) : wait(request));
}
