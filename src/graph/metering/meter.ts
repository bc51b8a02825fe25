import { openSync, readSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { AlmaError } from "../../alma/index.ts";
import type { PromiseOrValue } from "./promise-or-value.ts";
import { nextTurn, onEndOfTurn, spendInTurn, spentInTurn, TURN_LENGTH } from "./turn.ts";

/** The length of the operation's description in shared memory. */
const length = new Int32Array(new SharedArrayBuffer(4));
const text = new Uint8Array(new SharedArrayBuffer(64 * 1024));
const writable = Buffer.from(text.buffer);

/** The operation that runs, or ran last and has not ended, readable from another thread while this one is blocked. */
export const workedOn = {
  length,
  text,
  note(name: string) {
    length[0] = name === "" ? 0 : writable.write(name);
  },
};

/** The resolution of measurements in milliseconds. Reading the CPU time of the process costs more than most work. */
const RESOLUTION = 1;
/** The maximum age, in milliseconds, of a reading that a measurement may start from. */
const MAX_READING_AGE = 20;

/** A reading of the CPU time of the process and of the time this thread waited for a core, in milliseconds. */
interface CpuReading {
  readonly at: number;
  readonly cpu: number;
  readonly waited: number;
}

let lastReading: CpuReading = { at: Number.POSITIVE_INFINITY, cpu: 0, waited: 0 };

function readCpu(at: number) {
  const { user, system } = process.cpuUsage();
  lastReading = { at, cpu: (user + system) / 1000, waited: coreWait.read() };
  return lastReading;
}

/** Returns a reading taken now or shortly before. */
const recentReading = (now: number) =>
  lastReading.at <= now && now < lastReading.at + MAX_READING_AGE ? lastReading : readCpu(now);

/**
 * Returns the milliseconds of CPU time since the start, without time in which this thread waited for a core while other
 * threads (garbage collector, compiler) may have used CPU. May include CPU time between the last reading and the start.
 */
function cpuSince({ at, reading }: Span, now: number) {
  const ms = now - at;
  if (ms < RESOLUTION) return ms;
  const { cpu, waited } = readCpu(now);
  // Attribute as much of the wait as possible to the time before the start.
  const waitedSince = Math.max(0, waited - reading.waited - (at - reading.at));
  return Math.max(0, Math.min(ms - waitedSince, cpu - reading.cpu));
}

const buffer = Buffer.alloc(64);
/** Linux's scheduler statistics of the main thread: `RAN WAITED COUNT`, in nanoseconds. Undefined elsewhere. */
const file = openStatistics();

function openStatistics() {
  try {
    return isMainThread ? openSync("/proc/self/schedstat", "r") : undefined;
  } catch {
    return undefined;
  }
}

/** The time for which this thread had to wait for a core. */
export const coreWait = {
  /** Returns the total wait in milliseconds; 0 if the system does not report it. */
  read(): number {
    if (file === undefined) return 0;
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return Number(buffer.toString("latin1", 0, length).split(" ", 2)[1]) / 1e6;
  },
};

/** Work in steps. Other work of the process may run after each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** Work in progress: its start, and a CPU reading taken then or shortly before. */
interface Span {
  readonly meter: Meter;
  readonly at: number;
  readonly reading: CpuReading;
}

let span: Span | undefined;
let lastMeter: Meter | undefined;

/**
 * Measures the CPU time of one operation, from parsing to printing, yields to other work, and ends the operation when
 * its budget is used up. Waiting and shared reads are free.
 */
export class Meter {
  readonly #budget: number;
  readonly #operation: string;
  readonly #owners: readonly string[];
  #used = 0;
  #turn: Promise<void> | undefined;
  /** Called before each yield. Its promise is awaited; a rejection ends the operation. */
  beforeTurn: (() => Promise<void> | undefined) | undefined;
  /** Milliseconds spent, by type of work. */
  readonly #costs = new Map<string, number>();
  #cost = "";
  #costSince = 0;

  /**
   * `budget`: milliseconds of CPU time. `operation`: its description for a thread that watches this one. `owners`: the
   * callers that its turns are counted for.
   */
  constructor(budget = Number.POSITIVE_INFINITY, operation = "", owners: readonly string[] = [""]) {
    this.#budget = budget;
    this.#operation = operation;
    this.#owners = owners;
    this.#noteWorkedOn();
  }

  #noteWorkedOn() {
    if (lastMeter === this) return;
    lastMeter = this;
    workedOn.note(this.#operation);
  }

  /** Ends the operation. */
  end(): void {
    if (lastMeter !== this) return;
    lastMeter = undefined;
    workedOn.note("");
  }

  /** The milliseconds of CPU time used so far. */
  get cpuUsed(): number {
    return this.#used + (span?.meter === this ? cpuSince(span, performance.now()) : 0);
  }

  /** The turn that the operation waits for, if any. */
  get turn(): Promise<void> | undefined {
    return this.#turn;
  }

  /**
   * Starts synchronous work of the type `cost`, which appears in the budget error, such as "the filter of units".
   * Returns the function that ends it.
   */
  begin(cost: string): () => void {
    const now = performance.now();
    const isNested = span?.meter === this;
    if (!isNested) {
      closeSpan(now);
      span = { meter: this, at: now, reading: recentReading(now) };
      this.#noteWorkedOn();
      this.#costSince = now;
    }
    const outerCost = this.#setCost(cost, now);
    return () => {
      const end = performance.now();
      this.#setCost(outerCost, end);
      if (!isNested && span?.meter === this) closeSpan(end);
    };
  }

  /** Runs synchronous work of the type `cost`, which appears in the budget error. */
  charge<T>(cost: string, work: () => T): T {
    const end = this.begin(cost);
    try {
      return work();
    } finally {
      end();
    }
  }

  /**
   * Runs work in steps, synchronously if it fits into this turn. `onTurn` is called after each yield; if it throws, the
   * work ends. Throws or rejects with LIMIT_EXCEEDED if the budget is used up.
   */
  run<T>(cost: string, steps: Steps<T>, onTurn?: () => void, isLimited = true): PromiseOrValue<T> {
    const first = this.#advance(cost, steps);
    return first.done ? first.value : this.#runOn(cost, steps, onTurn, isLimited);
  }

  async #runOn<T>(cost: string, steps: Steps<T>, onTurn: (() => void) | undefined, isLimited: boolean) {
    for (;;) {
      await (isLimited ? this.yieldToOthers() : this.#giveTurn());
      // Other waiters may have used up this turn.
      if (this.#isTurnOver()) continue;
      onTurn?.();
      const result = this.#advance(cost, steps);
      if (result.done) return result.value;
    }
  }

  /** Like `run`, but ignores the budget and `beforeTurn`: for the answer of completed writes. */
  complete<T>(cost: string, steps: Steps<T>): PromiseOrValue<T> {
    this.beforeTurn = undefined;
    return this.run(cost, steps, undefined, false);
  }

  #advance<T>(cost: string, steps: Steps<T>) {
    return this.charge(cost, () => {
      let result = steps.next();
      while (!result.done && !this.shouldYield()) result = steps.next();
      return result;
    });
  }

  /** Returns whether `yieldToOthers` is due. */
  shouldYield(): boolean {
    return this.isOverBudget || this.#isTurnOver();
  }

  #isTurnOver() {
    if (this.#turn) return true;
    const inSpan = span?.meter === this ? performance.now() - span.at : 0;
    return spentInTurn() + inSpan >= TURN_LENGTH;
  }

  /** Lets other work run if a yield is due. Throws LIMIT_EXCEEDED if the budget is used up. */
  async yieldToOthers(): Promise<void> {
    this.throwIfOverBudget();
    await this.#giveTurn();
    this.throwIfOverBudget();
  }

  async #giveTurn() {
    while (this.#isTurnOver()) {
      this.#turn ??= this.#waitForTurn();
      await this.#turn;
    }
  }

  async #waitForTurn() {
    try {
      await this.beforeTurn?.();
      await nextTurn(this.#owners, this.cpuUsed);
    } finally {
      this.#turn = undefined;
    }
  }

  get isOverBudget(): boolean {
    return this.#used > this.#budget;
  }

  /** Throws LIMIT_EXCEEDED, with the most expensive work, if the budget is used up. */
  throwIfOverBudget(): void {
    if (!this.isOverBudget) return;
    const [[cost, ms] = ["", 0]] = [...this.#costs].sort(([, a], [, b]) => b - a);
    const total = [...this.#costs.values()].reduce((sum, part) => sum + part, 0);
    throw new AlmaError(
      "LIMIT_EXCEEDED",
      `The operation has used the ${this.#budget / 1000} s of CPU that are allowed (CPU_BUDGET), ` +
        `${Math.round((ms / total) * 100)} % of it for ${cost}. Ask for less at once: fewer aliases, conditions or ` +
        "records, or several operations.",
      { limit: "CPU_BUDGET" },
    );
  }

  /** Attributes the time since the last call to the previous type of work, which it returns, and starts `cost`. */
  #setCost(cost: string, now: number) {
    const former = this.#cost;
    if (former !== "") this.#costs.set(former, (this.#costs.get(former) ?? 0) + now - this.#costSince);
    this.#costSince = now;
    this.#cost = cost;
    return former;
  }

  /** Ends the open span, of whichever meter. */
  static closeSpan(now: number): void {
    if (!span) return;
    const ms = cpuSince(span, now);
    span.meter.#used += ms;
    span = undefined;
    spendInTurn(ms);
  }
}

const { closeSpan } = Meter;
onEndOfTurn(() => closeSpan(performance.now()));
