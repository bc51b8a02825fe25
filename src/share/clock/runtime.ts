import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** The clocks, timers and random numbers of a process. Times are in milliseconds. */
export interface Runtime {
  /** A clock that is never set; it may stop while the machine sleeps. */
  now(): number;
  wall(): number;
  sleep(ms: number): Promise<void>;
  /**
   * Calls `run` once, when `ms` have passed by `now`, never earlier. Returns a function that cancels it. It keeps no
   * process alive.
   */
  after(ms: number, run: () => void): () => void;
  /** Returns 32 unpredictable hexadecimal digits. */
  randomId(): string;
}

export const systemRuntime: Runtime = {
  now: () => performance.now(),
  wall: () => Date.now(),
  sleep: (ms) => sleep(ms),
  after(ms, run) {
    const due = performance.now() + ms;
    // Node's timers may fire early: they round, and use a coarser clock.
    const check = () => {
      if (performance.now() >= due) run();
      else timer = setTimeout(check, 1).unref();
    };
    let timer = setTimeout(check, ms).unref();
    return () => clearTimeout(timer);
  },
  randomId: () => randomBytes(16).toString("hex"),
};
