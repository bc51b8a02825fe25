import type { Runtime } from "../../../src/share/index.ts";

/** A generator of numbers from 0 to 1 that is the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Virtual time: events in order, each completed before the next. */
export class World {
  now = 0;
  readonly random: () => number;
  readonly trace: string[] = [];
  /** The next event is the last. */
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** A whole number from 0 up to `count`. */
  pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  note(what: string): void {
    this.trace.push(`${this.now.toFixed(1).padStart(9)} ${what}`);
  }

  at(time: number, run: () => void): void {
    const event = { at: Math.max(time, this.now), run };
    // Events at the same time run in the order in which they were scheduled.
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { at = 0 } = this.#events[middle] ?? {};
      if (at > event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now + ms, resolve));
  }

  async run(until: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const event = this.#events.at(-1);
      if (!event || event.at > until) return;
      this.#events.pop();
      this.now = event.at;
      event.run();
      // Everything that follows from it without waiting.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A process's machine: it can be stopped, suspended, and have its wall clock set. */
export class Machine implements Runtime {
  readonly world: World;
  readonly name: string;
  isDead = false;
  /** Called when it dies. */
  readonly connections = new Set<() => void>();
  readonly #origin: number;
  #stoppedUntil = 0;
  #slept = 0;
  #skew: number;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    this.#origin = world.random() * 1e6;
    this.#skew = (world.random() - 0.5) * 20_000;
  }

  now(): number {
    return this.world.now + this.#origin - this.#slept;
  }

  wall(): number {
    return 1.7e12 + this.world.now + this.#skew;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  after(ms: number, run: () => void): () => void {
    let isCancelled = false;
    this.at(this.world.now + ms, () => !isCancelled && run());
    return () => {
      isCancelled = true;
    };
  }

  randomId(): string {
    return `${this.name}-${this.world.pick(1e9)}`;
  }

  /** Runs a callback at a time, or later if the process is stopped then; never if it is dead. */
  at(time: number, run: () => void): void {
    this.world.at(time, () => {
      if (this.isDead) return;
      if (this.world.now < this.#stoppedUntil) this.at(this.#stoppedUntil, run);
      else run();
    });
  }

  die(): void {
    this.isDead = true;
    for (const reset of this.connections) reset();
  }

  get isStopped(): boolean {
    return this.world.now < this.#stoppedUntil;
  }

  stop(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.world.now + ms);
  }

  /** Like `stop`, for the machine: only its wall clock continues. */
  sleepFor(ms: number): void {
    this.stop(ms);
    this.#slept += ms;
  }

  setCalendar(ms: number): void {
    this.#skew += ms;
  }
}
