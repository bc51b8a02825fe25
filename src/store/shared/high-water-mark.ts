/** The position in the sequence of changes to a store. */
export interface Step {
  readonly term: number;
  readonly step: number;
}

/** Returns whether one step is earlier than another. */
const isBefore = (one: Step, other: Step): boolean =>
  one.term < other.term || (one.term === other.term && one.step < other.step);

/** The last step of a store that a process has seen. It shows whether the store has lost data. */
export class HighWaterMark {
  #last: Step = { term: 0, step: 0 };
  /** The term in which the store was found to lack data, until that was restored. */
  #behindIn = -Infinity;

  get last(): Step {
    return this.#last;
  }

  note(step: Step): void {
    if (isBefore(this.#last, step)) this.#last = step;
  }

  /** Records a step taken after `seenBefore`. If it is not later, the store has lost data. */
  noteTaken(step: Step, seenBefore: Step): void {
    if (!isBefore(seenBefore, step)) this.#behindIn = step.term;
    this.note(step);
  }

  /** Records a step with which the lost data was restored. */
  noteCaughtUp(step: Step): void {
    this.#behindIn = -Infinity;
    this.note(step);
  }

  /** Records a step of the store. Returns whether the store lacks steps that were seen before it was asked. */
  compare(step: Step, seenBefore: Step): boolean {
    this.note(step);
    return step.term <= this.#behindIn || isBefore(step, seenBefore);
  }
}
