import { url as debuggerUrl } from "node:inspector";
import { getHeapStatistics } from "node:v8";
import { type Log, programUrl, startThread } from "../../config/index.ts";
import { currentOperation } from "../../graph/index.ts";
import type { FatalRequestStorage } from "./fatal-requests.ts";

/** In milliseconds; the thread checks every 100. */
const TURN_INTERVAL = 50;

/** The data of the watchdog's thread. */
export interface WatchedLoop {
  /** The number of turns of the event loop, 1 while a debugger may pause it, and the MiB of the heap in use. */
  readonly turns: Int32Array;
  /** See `currentOperation`. */
  readonly length: Int32Array;
  readonly text: Uint8Array;
  /** WATCHDOG in milliseconds; 0 disables it. */
  readonly limit: number;
  /** The limit of the heap in bytes. */
  readonly heapLimit: number;
  /** Where to leave a note about the operation; `program` is a URL. */
  readonly notes: Pick<FatalRequestStorage, "program" | "data"> | undefined;
}

/**
 * Ends the process, from another thread, when its event loop has been blocked for `limit` milliseconds, since it could
 * neither answer nor shut down. After half a second, and while the heap is nearly full, the thread leaves a note about
 * the current operation, because the process may be killed or run out of memory. It removes the note once the operation
 * ends, or the event loop continues with enough memory. A process that was suspended and resumed is not ended.
 */
export function startWatchdog(log: Log, limit: number, storage?: FatalRequestStorage): void {
  if (limit === 0 && !storage) return;
  const turns = new Int32Array(new SharedArrayBuffer(12));
  const heapLimit = getHeapStatistics().heap_size_limit;
  const turn = () => {
    Atomics.add(turns, 0, 1);
    Atomics.store(turns, 1, Number(debuggerUrl() !== undefined));
    Atomics.store(turns, 2, getHeapStatistics().used_heap_size / 2 ** 20);
  };
  turn();
  setInterval(turn, TURN_INTERVAL).unref();
  const { length, text } = currentOperation;
  const notes = storage && { program: programUrl(storage.program).href, data: storage.data };
  const workerData: WatchedLoop = { turns, length, text, limit, heapLimit, notes };
  // Keeps modules preloaded into the process from being loaded into the thread.
  const options = { workerData, execArgv: [], env: {} };
  const thread = startThread("server/observe/watchdog-thread", options);
  thread.on("error", (error) => log.warn({ error }, "the watchdog has failed: WATCHDOG has no effect"));
  thread.unref();
}
