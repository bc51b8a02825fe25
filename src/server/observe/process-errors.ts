import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Log } from "../http/log.ts";

/**
 * Writes down what nobody caught. A rejected promise costs its own work and nothing else; after an exception nothing
 * is certain any more, so `leave` is called.
 */
export function handleProcessErrors(log: Log, onFatal: () => void): void {
  process.on("unhandledRejection", (error) => {
    log.error({ error }, "a promise was rejected and nobody waited for it; the gateway goes on");
  });
  process.on("uncaughtException", (error) => {
    log.fatal({ error }, "nobody caught an exception; the gateway ends");
    onFatal();
  });
}

const checkInterval = 5_000;
const maxDelay = 500;

/**
 * Warns, at most every five seconds, when the event loop stood still for more than half a second: everybody waited
 * for one thing meanwhile. Ends with the process.
 */
export function warnOfBlockedEventLoop(log: Log): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  setInterval(() => {
    const ms = Math.round(delay.max / 1e6);
    delay.reset();
    if (ms > maxDelay)
      log.warn(
        { ms },
        "the event loop stood still: one answer or list is too large, or the machine is too busy",
      );
  }, checkInterval).unref();
}
