import { syncBuiltinESMExports } from "node:module";
import { performance } from "node:perf_hooks";
import timersPromises from "node:timers/promises";
import { TestRunner } from "vitest";

/**
 * A clock that runs with the machine's clock and that tests can advance. The whole process sees the advanced time (the
 * gateway, the simulated Alma and the test) in `performance.now()` and in the timers of `setTimeout`, `setInterval` and
 * `node:timers/promises`. Connections stay real. `Date` and Node's own socket timeouts do not advance.
 */

type Callback = (...values: unknown[]) => void;

const machine = {
  now: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
};
let offset = 0;

/** The time now, in milliseconds. */
export const now = (): number => machine.now() + offset;

/** A timer of `setTimeout` or `setInterval` instead of Node's own. */
class Timer {
  static readonly pending = new Set<Timer>();
  static #lastId = 0;
  static readonly byId = new Map<number, Timer>();
  readonly #id = ++Timer.#lastId;
  readonly #callback: Callback;
  readonly #values: readonly unknown[];
  readonly #delay: number;
  readonly #repeats: boolean;
  #isUnref = false;
  #machineTimer: NodeJS.Timeout | undefined;
  dueAt = 0;

  constructor(callback: Callback, delay: unknown, repeats: boolean, values: readonly unknown[]) {
    const ms = Number(delay);
    this.#callback = callback;
    this.#values = values;
    this.#delay = ms >= 1 && ms < 2 ** 31 ? ms : 1;
    this.#repeats = repeats;
    this.refresh();
  }

  /** Restarts it from now, like Node's method. */
  refresh(): this {
    this.dueAt = now() + this.#delay;
    Timer.pending.add(this);
    this.adjust();
    return this;
  }

  /** Sets the machine's timer to the remaining time by this clock. */
  adjust(): void {
    machine.clearTimeout(this.#machineTimer);
    this.#machineTimer = machine.setTimeout(() => this.#fire(), Math.max(0, this.dueAt - now()));
    if (this.#isUnref) this.#machineTimer.unref();
  }

  #fire(): void {
    Timer.pending.delete(this);
    if (this.#repeats) this.refresh();
    else Timer.byId.delete(this.#id);
    this.#callback(...this.#values);
  }

  close(): this {
    machine.clearTimeout(this.#machineTimer);
    Timer.pending.delete(this);
    Timer.byId.delete(this.#id);
    return this;
  }

  ref(): this {
    this.#isUnref = false;
    this.#machineTimer?.ref();
    return this;
  }

  unref(): this {
    this.#isUnref = true;
    this.#machineTimer?.unref();
    return this;
  }

  hasRef(): boolean {
    return !this.#isUnref;
  }

  [Symbol.toPrimitive](): number {
    Timer.byId.set(this.#id, this);
    return this.#id;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function clear(handle: unknown): void {
  const timer = handle instanceof Timer ? handle : Timer.byId.get(Number(handle ?? Number.NaN));
  if (timer) timer.close();
  else machine.clearTimeout(handle as NodeJS.Timeout | undefined);
}

/** `setTimeout` of `node:timers/promises`. */
function sleep<T>(
  delay?: number,
  value?: T,
  options: { signal?: AbortSignal; ref?: boolean } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal, ref } = options;
    const abort = () => {
      timer.close();
      reject(
        Object.assign(new Error("The operation was aborted"), { name: "AbortError", code: "ABORT_ERR" }),
      );
    };
    const timer = new Timer(
      () => {
        signal?.removeEventListener("abort", abort);
        resolve(value as T);
      },
      delay,
      false,
      [],
    );
    if (ref === false) timer.unref();
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}

performance.now = now;
Object.assign(globalThis, {
  setTimeout: Object.assign(
    (callback: Callback, delay?: number, ...values: unknown[]) => new Timer(callback, delay, false, values),
    { [Symbol.for("nodejs.util.promisify.custom")]: sleep },
  ),
  setInterval: (callback: Callback, delay?: number, ...values: unknown[]) =>
    new Timer(callback, delay, true, values),
  clearTimeout: clear,
  clearInterval: clear,
});
timersPromises.setTimeout = sleep as typeof timersPromises.setTimeout;
syncBuiltinESMExports();

/** Advances the clock by `ms` milliseconds. Timers that are due by then fire soon afterwards, in their order. */
export function advance(ms: number): void {
  offset += ms;
  for (const timer of byDueTime()) timer.adjust();
}

const byDueTime = () => [...Timer.pending].sort((a, b) => a.dueAt - b.dueAt);

/** Waits by the machine's clock, which does not advance. */
const realSleep = (ms: number) => new Promise<void>((resolve) => machine.setTimeout(resolve, ms));

/** Whether the event loop or the system is still working. */
const isBusy = () =>
  process
    .getActiveResourcesInfo()
    .some((type) => type === "Immediate" || /Re?q|ConnectWrap|WriteWrap/.test(type));

/** Resolves when everything in this process waits for timers, or when `isOver` holds. */
async function untilQuiet(isOver: () => boolean): Promise<void> {
  const { nodeTiming } = performance;
  for (let quietTurns = 0; quietTurns < 4 && !isOver(); ) {
    const { events } = nodeTiming.uvMetricsInfo;
    await realSleep(1);
    quietTurns = nodeTiming.uvMetricsInfo.events === events && !isBusy() ? quietTurns + 1 : 0;
  }
}

/** Whether the calling test has ended, for example by its timeout: then the clock belongs to another test. */
function testEnd(): () => boolean {
  const own = TestRunner.getCurrentTest();
  return () => TestRunner.getCurrentTest() !== own;
}

/**
 * Waits for `promise`. Whenever everything in this process waits for timers, the clock advances to the next one:
 * timeouts and pauses cost no time, and none ends early on a busy machine. The test must not hold back what the promise
 * waits for, because the clock would advance to its deadline.
 */
export async function skipWaiting<T>(promise: Promise<T>): Promise<T> {
  const isOver = testEnd();
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    await untilQuiet(() => isSettled || isOver());
    if (isSettled || isOver()) return promise;
    fireNext();
  }
}

/** Resolves when `holds` does. The clock advances as in `skipWaiting`. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const isOver = testEnd();
  while (!(await holds())) {
    await untilQuiet(isOver);
    if (isOver()) throw new Error("The test has ended before this held.");
    fireNext();
  }
}

/** Advances the clock to the next timer. */
function fireNext(): void {
  const [next] = byDueTime();
  if (next) advance(Math.max(0, next.dueAt - now()));
}
