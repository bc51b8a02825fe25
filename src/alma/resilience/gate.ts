import { NoResponseError } from "../http/errors.ts";
import { type Send, signalOf } from "../http/send.ts";
import { waitFor } from "../http/timer.ts";

/** Whether this process may call Alma now. */
export interface Gate {
  isOpen(isRead: boolean): boolean;
  /** Resolves when that changes. */
  nextChange(): Promise<void>;
  /** Returns how long a call waits for a change, in milliseconds. */
  callWait(): number;
}

/**
 * Holds calls back while a gate is closed, for at most `callWait()` and never longer than `timeout` milliseconds.
 * Then they fail without being sent.
 */
export function withGate(send: Send, gate: Gate, timeout: number): Send {
  const wait: Send = async (request) => {
    const until = performance.now() + timeout;
    const isRead = request.method === "GET";
    while (!gate.isOpen(isRead)) {
      const left = Math.min(until - performance.now(), gate.callWait());
      if (left <= 0)
        throw new NoResponseError(
          `Alma was not asked for ${request.subject}: this process does not lead. Try again in a moment.`,
          {},
        );
      await waitFor(gate.nextChange(), left, signalOf(request));
    }
    return send(request);
  };
  return (request) => (gate.isOpen(request.method === "GET") ? send(request) : wait(request));
}
