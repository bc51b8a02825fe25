/** A place in a line, to leave it by. */
export interface Place<T> {
  readonly value: T;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
}

/** A queue in which joining, leaving from anywhere and taking the first cost the same however many wait. */
export class Line<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  join(value: T): Place<T> {
    const place: Place<T> = { value, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#length++;
    return place;
  }

  /** `place` must be one of this line and still in it. */
  leave(place: Place<T>): void {
    if (place.before === undefined) this.#first = place.after;
    else place.before.after = place.after;
    if (place.after === undefined) this.#last = place.before;
    else place.after.before = place.before;
    this.#length--;
  }

  /** The one who has waited longest, taken out; undefined if nobody waits. */
  next(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.leave(first);
    return first?.value;
  }
}
