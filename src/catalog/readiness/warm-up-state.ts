import type { CachedRecord } from "../record/cached-record.ts";
import { NEVER } from "../record/source.ts";

/** How far the warm-up of one kind is, and a promise of its end. */
export class WarmUpState {
  /** Records still to be read, the next one last; undefined until the list is read. */
  queue: CachedRecord[] | undefined;
  readsUnderWay = 0;
  /** What was read after it need not be read. */
  cutoff = NEVER;
  isDone = false;
  /** Whether it was done once; it is not done any more while the kind wakes (see `Demand`). */
  wasDone = false;
  /** Whether the last read of the list failed. */
  isFailing = false;
  whenDone!: Promise<void>;
  #resolve!: () => void;

  constructor() {
    this.#begin();
  }

  finish(): void {
    this.isDone = true;
    this.wasDone = true;
    this.#resolve();
  }

  /** Begins again, with records that were read before `cutoff`. */
  reopen(queue: CachedRecord[], cutoff: number): void {
    this.queue = queue;
    this.cutoff = cutoff;
    this.isDone = false;
    this.#begin();
  }

  #begin(): void {
    this.whenDone = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
