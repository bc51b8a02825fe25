import { url as debuggerUrl } from "node:inspector";
import { type Log, programUrl, startThread } from "../../config/index.ts";
import { workedOn } from "../../graph/index.ts";
import type { EndedNotesPlace } from "./ended-requests.ts";

/** Milliseconds; the thread looks every 100. */
const TURN_INTERVAL = 50;

/** What the watchdog's thread is started with. */
export interface WatchedLoop {
  /** How often the event loop has turned, and 1 while a debugger may hold it. */
  readonly turns: Int32Array;
  /** As in `workedOn`. */
  readonly length: Int32Array;
  readonly text: Uint8Array;
  /** WATCHDOG in milliseconds. */
  readonly limit: number;
  /** Where a note of the operation is left; `program` is a URL. */
  readonly notes: Pick<EndedNotesPlace, "program" | "data"> | undefined;
}

/**
 * Ends the process, by another thread, when its event loop has stood still for `limit` milliseconds: then it answers
 * nobody, and would not even close. After half a second, a note of what it works on is left, for memory may end it
 * sooner; the note is removed if the event loop turns again. A process that was stopped and goes on is healthy.
 */
export function startWatchdog(log: Log, limit: number, place?: EndedNotesPlace): void {
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
  // What is loaded into the process is not loaded into the thread.
  const options = { workerData, execArgv: [], env: {} };
  const thread = startThread("server/observe/watchdog-thread", options);
  thread.on("error", (error) => log.warn({ error }, "the watchdog has failed: WATCHDOG has no effect"));
  thread.unref();
}
