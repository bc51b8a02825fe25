/** How far something in a store has come. */
export interface Step {
  readonly term: number;
  readonly step: number;
}

/** Whether a store had come less far. */
export const isBefore = (one: Step, other: Step): boolean =>
  one.term < other.term || (one.term === other.term && one.step < other.step);

/** The last step of a store that a process has seen. By it, a process notices that the store has lost some. */
export class SeenStep {
  #last: Step = { term: 0, step: 0 };
  /** The term in which a step was taken in a store that lacks some; none once that was made up for. */
  #behindIn = Number.NEGATIVE_INFINITY;

  get last(): Step {
    return this.#last;
  }

  note(step: Step): void {
    if (isBefore(this.#last, step)) this.#last = step;
  }

  /** Notes a step that was taken after another was seen: in a store that has lost some, it is no later one. */
  noteTaken(step: Step, seenBefore: Step): void {
    if (!isBefore(seenBefore, step)) this.#behindIn = step.term;
    this.note(step);
  }

  /** Notes a step with which the store has made up for what it has lost. */
  noteCaughtUp(step: Step): void {
    this.#behindIn = Number.NEGATIVE_INFINITY;
    this.note(step);
  }

  /** Whether a store lacks what was seen before it was asked; notes what it has. */
  compare(step: Step, seenBefore: Step): boolean {
    this.note(step);
    return step.term <= this.#behindIn || isBefore(step, seenBefore);
  }
}
