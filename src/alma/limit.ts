import { onAbort } from "./abort.ts";
import { FairLine, type Seat } from "./fair-line.ts";
import type { Request, Response, Send } from "./send.ts";

/** How many calls are under way, and how many wait for their turn. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/** Resolves when calls that can be sent now have been written to their sockets: undici does that once a turn. */
const written = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A call that waits: in which line, and where. */
interface Waiting {
  readonly line: FairLine<() => void>;
  readonly seat: Seat<() => void>;
}

/**
 * Lets at most `concurrency` calls be under way; the rest wait, callers' calls before background ones. Operations
 * (told apart by `options.requestId`) take turns, so that the three calls of a screen are not behind the thousands of a
 * report. A read whose signal aborts leaves the line. A call that has to wait is told how to move forward for another
 * operation that has come to wait for it (`options.queued`).
 */
export function limit(send: Send, concurrency: number): { send: Send; traffic: () => Traffic } {
  const lines = { caller: new FairLine<() => void>(), background: new FairLine<() => void>() };
  let inFlight = 0;

  const turn = ({ method, options }: Request): Promise<void> | undefined => {
    if (inFlight < concurrency) {
      inFlight++;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let waiting: Waiting | undefined;
      const off = onAbort(method === "GET" ? options.signal : undefined, (reason) => {
        waiting?.line.leave(waiting.seat);
        waiting = undefined;
        reject(reason);
      });
      const go = () => {
        waiting = undefined;
        off();
        resolve();
      };
      const first = lines[options.priority];
      waiting = { line: first, seat: first.join(options.requestId ?? "", go) };
      options.queued?.((owner = options.requestId ?? "") => {
        if (waiting === undefined) return;
        const { line, seat } = waiting;
        // Among callers it goes where fewer are before it, at most.
        if (line === lines.caller && line.lengthOf(owner) >= line.lengthOf(seat.owner)) return;
        line.leave(seat);
        waiting = { line: lines.caller, seat: lines.caller.join(owner, go) };
      });
    });
  };

  // A place that becomes free passes to the next in line without being given up in between.
  const release = (): boolean => {
    const next = lines.caller.next() ?? lines.background.next();
    if (next === undefined) inFlight--;
    else next();
    return next !== undefined;
  };

  return {
    send: async (request) => {
      if (request.method === "GET") request.options.signal?.throwIfAborted();
      const waiting = turn(request);
      if (waiting !== undefined) await waiting;
      let isFollowed: boolean;
      let response: Response;
      try {
        response = await send(request);
      } finally {
        isFollowed = release();
      }
      // The next call goes out before this one's answer is read: Alma works on it meanwhile.
      if (isFollowed) await written();
      return response;
    },
    traffic: () => ({ inFlight, queued: lines.caller.length + lines.background.length }),
  };
}
