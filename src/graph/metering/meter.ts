import { AlmaError } from "../../alma/index.ts";
import { type CpuStart, cpuSince, recentReading } from "./cpu-clock.ts";
import { endWork, noteWork } from "./current-operation.ts";
import type { PromiseOrValue } from "./promise-or-value.ts";
import { nextTurn, onEndOfTurn, spendInTurn, spentInTurn, TURN_LENGTH } from "./turn.ts";

/** Work in steps. Other work of the process may run after each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** Work in progress. */
interface Span extends CpuStart {
  readonly meter: Meter;
}

let span: Span | undefined;

/**
 * Measures the CPU time of one operation, from parsing to printing, yields to other work, and ends the operation when
 * its budget is used up. Waiting and shared reads are free.
 */
export class Meter {
  #budget: number;
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
  constructor(budget = Infinity, operation = "", owners: readonly string[] = [""]) {
    this.#budget = budget;
    this.#operation = operation;
    this.#owners = owners;
    noteWork(this, operation);
  }

  /** Ends the operation. */
  end(): void {
    endWork(this);
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
      Meter.closeSpan(now);
      span = { meter: this, at: now, reading: recentReading(now) };
      noteWork(this, this.#operation);
      this.#costSince = now;
    }
    const outerCost = this.#setCost(cost, now);
    return () => {
      const end = performance.now();
      this.#setCost(outerCost, end);
      if (!isNested && span?.meter === this) Meter.closeSpan(end);
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
  run<T>(cost: string, steps: Steps<T>, onTurn?: () => void): PromiseOrValue<T> {
    const first = this.#advance(cost, steps);
    return first.done ? first.value : this.#runOn(cost, steps, onTurn);
  }

  async #runOn<T>(cost: string, steps: Steps<T>, onTurn: (() => void) | undefined) {
    for (;;) {
      await this.yieldToOthers();
      // Other waiters may have used up this turn.
      if (this.#isTurnOver()) continue;
      onTurn?.();
      const result = this.#advance(cost, steps);
      if (result.done) return result.value;
    }
  }

  /** Like `run`, for the answer of completed writes: from now on, neither the budget nor `beforeTurn` applies. */
  complete<T>(cost: string, steps: Steps<T>): PromiseOrValue<T> {
    this.beforeTurn = undefined;
    this.#budget = Infinity;
    return this.run(cost, steps);
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
    while (this.#isTurnOver()) {
      this.#turn ??= this.#waitForTurn();
      await this.#turn;
    }
    this.throwIfOverBudget();
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
      `The operation has used the ${this.#budget / 1000} s of CPU that are allowed, ` +
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

onEndOfTurn(() => Meter.closeSpan(performance.now()));
