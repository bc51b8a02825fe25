import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Log } from "../../config/index.ts";

/**
 * Logs uncaught errors. The process survives an unhandled rejection, which fails only its own work; after an uncaught
 * exception its state is undefined, and `onFatal` is called.
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

/** Milliseconds. */
const checkInterval = 5_000;
const maxDelay = 500;
const resolution = 100;

/** Warns, at most every five seconds, when the event loop was blocked for more than half a second. */
export function warnOfBlockedEventLoop(log: Log): void {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  setInterval(() => {
    const ms = Math.round(delay.max / 1e6);
    delay.reset();
    if (ms > maxDelay)
      log.warn(
        { ms },
        "the event loop was blocked: one response or list is too large, or the machine is overloaded",
      );
  }, checkInterval).unref();
}
