import { syncBuiltinESMExports } from "node:module";
import { performance } from "node:perf_hooks";
import timersPromises from "node:timers/promises";

/**
 * A clock that tests move. It runs as the machine's clock does; on top of that a test can let time pass at once. The
 * whole process sees the later time: `performance.now()` and the timers of `setTimeout`, `setInterval` and
 * `node:timers/promises`, the gateway's and the simulated Alma's alike. Real connections stay real, so that nothing
 * but time is simulated. The calendar (`Date`) does not move, nor do Node's own timeouts of sockets.
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

/** What stands in for a timer of Node, until it has fired or is cleared. */
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

  /** Starts it anew. */
  refresh(): this {
    this.dueAt = now() + this.#delay;
    Timer.pending.add(this);
    this.adjust();
    return this;
  }

  /** Makes it fire when its time has come by the clock as it is now. */
  adjust(): void {
    machine.clearTimeout(this.#machineTimer);
    this.#machineTimer = machine.setTimeout(() => this.#fire(), this.dueAt - now());
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

/** As the one of `node:timers/promises`. */
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

/** Lets so many milliseconds pass at once. Timers whose time has come by then fire, in their order, a little later. */
export function advance(ms: number): void {
  offset += ms;
  for (const timer of byDueTime()) timer.adjust();
}

const byDueTime = () => [...Timer.pending].sort((a, b) => a.dueAt - b.dueAt);

/** Waits by the machine's clock. */
const realSleep = (ms: number) => new Promise<void>((resolve) => machine.setTimeout(resolve, ms));

/** Whether something has been handed to the system, or to the event loop, and is not back. */
const isBusy = () =>
  process
    .getActiveResourcesInfo()
    .some((type) => type === "Immediate" || /Re?q|ConnectWrap|WriteWrap/.test(type));

/** Resolves when nothing happens in this process any more, so that all that is left waits for timers, or when `isOver`. */
async function untilQuiet(isOver: () => boolean): Promise<void> {
  const { nodeTiming } = performance;
  for (let quietTurns = 0; quietTurns < 4 && !isOver(); ) {
    const { events } = nodeTiming.uvMetricsInfo;
    await realSleep(1);
    quietTurns = nodeTiming.uvMetricsInfo.events === events && !isBusy() ? quietTurns + 1 : 0;
  }
}

/**
 * Waits for `promise`, but for no timer: whenever nothing else happens in this process, the clock moves on to the next
 * timer. So timeouts and pauses cost no time, however long they are, and none of them ends early because the machine is
 * busy. What the promise waits for has to come about by itself.
 */
export async function skipWaiting<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    await untilQuiet(() => isSettled);
    if (isSettled) return promise;
    fireNext();
  }
}

/** Resolves when something holds, moving the clock likewise. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await untilQuiet(() => false);
    fireNext();
  }
}

/** Moves the clock on to the next timer. */
function fireNext(): void {
  const [next] = byDueTime();
  if (next) advance(Math.max(0, next.dueAt - now()));
}
