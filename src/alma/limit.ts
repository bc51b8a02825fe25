import { onAbort } from "./abort.ts";
import { Line, type Place } from "./line.ts";
import type { Request, Send } from "./send.ts";

/** How many calls are under way, and how many wait for their turn. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/**
 * Lets at most `concurrency` calls be under way; the rest wait, callers' calls before background ones, each in the
 * order of arrival. A read whose signal aborts leaves the line. A call that has to wait is told how to move to the
 * callers' line (`options.queued`).
 */
export function limit(send: Send, concurrency: number): { send: Send; traffic: () => Traffic } {
  const lines = { caller: new Line<() => void>(), background: new Line<() => void>() };
  let inFlight = 0;

  const turn = ({ method, options }: Request): Promise<void> | undefined => {
    if (inFlight < concurrency) {
      inFlight++;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let line = lines[options.priority];
      let place: Place<() => void> | undefined;
      const off = onAbort(method === "GET" ? options.signal : undefined, (reason) => {
        if (place !== undefined) line.leave(place);
        place = undefined;
        reject(reason);
      });
      const go = () => {
        place = undefined;
        off();
        resolve();
      };
      place = line.join(go);
      options.queued?.(() => {
        if (place === undefined || line === lines.caller) return;
        line.leave(place);
        line = lines.caller;
        place = line.join(go);
      });
    });
  };

  // A place that becomes free passes to the next in line without being given up in between.
  const release = () => {
    const next = lines.caller.next() ?? lines.background.next();
    if (next === undefined) inFlight--;
    else next();
  };

  return {
    send: async (request) => {
      if (request.method === "GET") request.options.signal?.throwIfAborted();
      const waiting = turn(request);
      if (waiting !== undefined) await waiting;
      try {
        return await send(request);
      } finally {
        release();
      }
    },
    traffic: () => ({ inFlight, queued: lines.caller.length + lines.background.length }),
  };
}
