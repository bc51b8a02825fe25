import { AlmaError } from "../../alma/index.ts";
import { type CpuStart, cpuSince, startCpu } from "./cpu-clock.ts";
import type { PromiseOrValue } from "./promise-or-value.ts";
import { nextTurn, onEndOfTurn, spendInTurn, spentInTurn, TURN_LENGTH } from "./turn.ts";
import { workedOn } from "./worked-on.ts";

/** Work in steps: other work of the process may run after each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** Synchronous work of one operation that is being measured. */
interface Span {
  readonly meter: Meter;
  readonly start: CpuStart;
}

let span: Span | undefined;
/** The meter whose operation was worked on last. */
let lastMeter: Meter | undefined;

/**
 * Measures the CPU that one operation uses, from parsing its document to printing its answer, gives other work of the
 * process its turn, and ends the operation when its budget is used up. Waiting costs nothing, nor do shared reads.
 */
export class Meter {
  readonly #budget: number;
  readonly #operation: string;
  readonly #owners: readonly string[];
  #used = 0;
  #turn: Promise<void> | undefined;
  /**
   * Called before each turn that the operation gives to others. What it returns is awaited, so that the operation may
   * wait longer; what it rejects with ends the operation.
   */
  beforeTurn: (() => Promise<void> | undefined) | undefined;
  /** Milliseconds of the clock by what they were spent on. */
  readonly #costs = new Map<string, number>();
  #cost = "";
  #costSince = 0;

  /**
   * `budget`: milliseconds of CPU. `operation`: a name without blanks, and what operators call it. `owners`: the
   * callers whose turns it takes.
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

  /** Milliseconds of CPU that the operation has used so far. */
  get cpuUsed(): number {
    return this.#used + (span?.meter === this ? cpuSince(span.start) : 0);
  }

  /** The turn that the operation waits for; undefined while it does not wait for one. */
  get turn(): Promise<void> | undefined {
    return this.#turn;
  }

  /**
   * Begins synchronous work on something, which the budget's error names: "the filter of units". Returns the function
   * that ends it.
   */
  begin(cost: string): () => void {
    const isNested = span?.meter === this;
    if (!isNested) {
      closeSpan();
      span = { meter: this, start: startCpu() };
      this.#noteWorkedOn();
      this.#costSince = span.start.at;
    }
    const outerCost = this.#setCost(cost);
    return () => {
      this.#setCost(outerCost);
      if (!isNested && span?.meter === this) closeSpan();
    };
  }

  /** Does synchronous work on something, which the budget's error names. */
  charge<T>(cost: string, work: () => T): T {
    const end = this.begin(cost);
    try {
      return work();
    } finally {
      end();
    }
  }

  /**
   * Does work in steps, at once if it fits into this turn of the event loop. `onTurn` is called after each turn that
   * others had; what it throws ends the work. Throws or rejects with LIMIT_EXCEEDED if the budget is used up.
   */
  run<T>(cost: string, steps: Steps<T>, onTurn?: () => void): PromiseOrValue<T> {
    const first = this.#advance(cost, steps);
    return first.done ? first.value : this.#runOn(cost, steps, onTurn);
  }

  async #runOn<T>(cost: string, steps: Steps<T>, onTurn?: () => void, isLimited = true): Promise<T> {
    for (;;) {
      await (isLimited ? this.yieldToOthers() : this.#giveTurn());
      // Of all that waited for this turn, others may have used it up before this continues.
      if (this.#isTurnOver()) continue;
      onTurn?.();
      const result = this.#advance(cost, steps);
      if (result.done) return result.value;
    }
  }

  /** As `run`, whatever has been used of the budget, and without `beforeTurn`: for the answer of work that is done. */
  complete<T>(cost: string, steps: Steps<T>): PromiseOrValue<T> {
    this.beforeTurn = undefined;
    const first = this.#advance(cost, steps);
    return first.done ? first.value : this.#runOn(cost, steps, undefined, false);
  }

  #advance<T>(cost: string, steps: Steps<T>) {
    return this.charge(cost, () => {
      let result = steps.next();
      while (!result.done && !this.shouldYield()) result = steps.next();
      return result;
    });
  }

  /** Whether `yieldToOthers` is due. */
  shouldYield(): boolean {
    return this.isOverBudget || this.#isTurnOver();
  }

  #isTurnOver() {
    if (this.#turn) return true;
    const inSpan = span?.meter === this ? performance.now() - span.start.at : 0;
    return spentInTurn() + inSpan >= TURN_LENGTH;
  }

  /** Lets other work of the process run if that is due. Throws LIMIT_EXCEEDED if the budget is used up. */
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

  /** Throws LIMIT_EXCEEDED if the budget is used up, with what has cost most. */
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

  /** Attributes the time since the last call to what was worked on, which it returns, and begins work on `cost`. */
  #setCost(cost: string) {
    const now = performance.now();
    const former = this.#cost;
    if (former !== "") this.#costs.set(former, (this.#costs.get(former) ?? 0) + now - this.#costSince);
    this.#costSince = now;
    this.#cost = cost;
    return former;
  }

  /** Ends the span that is open, whichever meter it belongs to. */
  static closeSpan(): void {
    if (!span) return;
    const ms = cpuSince(span.start);
    span.meter.#used += ms;
    span = undefined;
    spendInTurn(ms);
  }
}

const { closeSpan } = Meter;
onEndOfTurn(closeSpan);
