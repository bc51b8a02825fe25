import { url as debuggerUrl } from "node:inspector";
import { Worker } from "node:worker_threads";
import { codeFolder, type Log } from "../../config/index.ts";
import { workedOn } from "../../graph/index.ts";

/** What the watchdog's thread is started with. */
export interface WatchedLoop {
  /** How often the event loop has turned, and 1 while a debugger may hold it. */
  readonly turns: Int32Array;
  /** As in `workedOn`. */
  readonly length: Int32Array;
  readonly text: Uint8Array;
  /** WATCHDOG in milliseconds. */
  readonly limit: number;
  /** Where the name of the operation is noted. */
  readonly file: string | undefined;
}

/**
 * Ends the process, by another thread, when its event loop has stood still for `limit` milliseconds: then it answers
 * nobody, and would not even close. What it worked on is noted in `file`. A process that was stopped and goes on is
 * healthy.
 */
export function startWatchdog(log: Log, limit: number, file?: string): void {
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const turn = () => {
    Atomics.add(turns, 0, 1);
    Atomics.store(turns, 1, Number(debuggerUrl() !== undefined));
  };
  turn();
  setInterval(turn, limit / 20).unref();
  const { length, text } = workedOn;
  const workerData: WatchedLoop = { turns, length, text, limit, file };
  // What is loaded into the process is not loaded into the thread.
  const options = { workerData, execArgv: [], env: {} };
  const thread = new Worker(new URL("server/observe/watchdog-thread.js", codeFolder), options);
  thread.on("error", (error) => log.warn({ error }, "the watchdog has ended: WATCHDOG has no effect"));
  thread.unref();
}
