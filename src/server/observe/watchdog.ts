import { url as debuggerUrl } from "node:inspector";
import { type Log, programUrl, startThread } from "../../config/index.ts";
import { workedOn } from "../../graph/index.ts";
import type { EndedNotesPlace } from "./ended-requests.ts";

/** In milliseconds; the thread checks every 100. */
const TURN_INTERVAL = 50;

/** The data of the watchdog's thread. */
export interface WatchedLoop {
  /** The turns of the event loop, and 1 while a debugger may hold it. */
  readonly turns: Int32Array;
  /** See `workedOn`. */
  readonly length: Int32Array;
  readonly text: Uint8Array;
  /** WATCHDOG in milliseconds; 0: never. */
  readonly limit: number;
  /** Where to leave a note of the operation; `program` is a URL. */
  readonly notes: Pick<EndedNotesPlace, "program" | "data"> | undefined;
}

/**
 * Ends the process, from another thread, when its event loop has been blocked for `limit` milliseconds: it
 * would answer nobody, and could not even close. After half a second, or as soon as it grows meanwhile, it leaves a
 * note of the current work, because the process may run out of memory sooner; the note is removed if the event loop
 * turns again. A process that was stopped and continues is healthy.
 */
export function startWatchdog(log: Log, limit: number, place?: EndedNotesPlace): void {
  if (limit === 0 && !place) return;
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const turn = () => {
    Atomics.add(turns, 0, 1);
    Atomics.store(turns, 1, Number(debuggerUrl() !== undefined));
  };
  turn();
  setInterval(turn, TURN_INTERVAL).unref();
  const { length, text } = workedOn;
  const notes = place && { program: programUrl(place.program).href, data: place.data };
  const workerData: WatchedLoop = { turns, length, text, limit, notes };
  // Modules preloaded into the process are not loaded into the thread.
  const options = { workerData, execArgv: [], env: {} };
  const thread = startThread("server/observe/watchdog-thread", options);
  thread.on("error", (error) => log.warn({ error }, "the watchdog has failed: WATCHDOG has no effect"));
  thread.unref();
}
