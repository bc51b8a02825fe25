import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Log } from "../../config/index.ts";

/**
 * Logs uncaught errors. An unhandled rejection fails only its own work, so the process continues. After an uncaught
 * exception the state of the process is undefined, so `onFatal` is called.
 */
export function handleProcessErrors(log: Log, onFatal: () => void): void {
  process.on("unhandledRejection", (error) => {
    log.error({ error }, "unhandled promise rejection; the gateway keeps running");
  });
  process.on("uncaughtException", (error) => {
    log.fatal({ error }, "uncaught exception; the gateway shuts down");
    onFatal();
  });
}

/** The time between two checks, in milliseconds. */
const LOOP_CHECK_INTERVAL = 5_000;
const MAX_DELAY = 500;
const RESOLUTION = 100;

/** Warns, at most every five seconds, when the event loop was blocked for more than half a second. */
export function warnOfBlockedEventLoop(log: Log): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  setInterval(() => {
    const ms = Math.round(delay.max / 1e6);
    delay.reset();
    if (ms > MAX_DELAY)
      log.warn(
        { ms },
        "the event loop was blocked: one response or list is too large, or the machine is overloaded",
      );
  }, LOOP_CHECK_INTERVAL).unref();
}
