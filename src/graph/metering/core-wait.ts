import { openSync, readSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const buffer = Buffer.alloc(64);
/** Undefined until it is opened; null where the system has no such file. */
let file: number | null | undefined;

/** Linux keeps it for each thread, and shows here that of the main thread: `RAN WAITED COUNT`, in nanoseconds. */
function open() {
  try {
    return isMainThread ? openSync("/proc/self/schedstat", "r") : null;
  } catch {
    return null;
  }
}

/** How long this thread had to wait for a core. */
export const coreWait = {
  /** Milliseconds in all for which it could have run and others ran; 0 where the system does not tell. */
  read(): number {
    file ??= open();
    if (file === null) return 0;
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return Number(buffer.toString("latin1", 0, length).split(" ", 2)[1]) / 1e6;
  },
};
