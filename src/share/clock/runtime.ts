import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** The clocks, timers and chance of a process. Times are milliseconds. */
export interface Runtime {
  /** A clock that is never set; it may stand still while the machine sleeps. */
  now(): number;
  wall(): number;
  sleep(ms: number): Promise<void>;
  /**
   * Runs something once, unless the returned function is called before: when so much time has passed by `now`, never
   * earlier. It keeps no process alive.
   */
  after(ms: number, run: () => void): () => void;
  /** 32 hexadecimal digits that nobody guesses. */
  randomId(): string;
}

export const systemRuntime: Runtime = {
  now: () => performance.now(),
  wall: () => Date.now(),
  sleep: (ms) => sleep(ms),
  after(ms, run) {
    const due = performance.now() + ms;
    // Node's timers may be early: they round, and go by a coarser clock.
    const look = () => {
      if (performance.now() >= due) run();
      else timer = setTimeout(look, 1).unref();
    };
    let timer = setTimeout(look, ms).unref();
    return () => clearTimeout(timer);
  },
  randomId: () => randomBytes(16).toString("hex"),
};
