import { Line, type Place } from "./line.ts";

/** A place in a fair line, to leave it by. */
export interface Seat<T> {
  readonly owner: string;
  readonly place: Place<T>;
}

interface Owner<T> {
  readonly line: Line<T>;
  turn: Place<string>;
}

/**
 * A queue in which owners take turns: each in the order of its own arrivals, and nobody behind all that another owner
 * has brought. Joining, leaving and taking the next cost the same however many wait.
 */
export class FairLine<T> {
  readonly #owners = new Map<string, Owner<T>>();
  readonly #turns = new Line<string>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many of an owner's wait. */
  lengthOf(owner: string): number {
    return this.#owners.get(owner)?.line.length ?? 0;
  }

  join(owner: string, value: T): Seat<T> {
    let own = this.#owners.get(owner);
    if (own === undefined) {
      own = { line: new Line<T>(), turn: this.#turns.join(owner) };
      this.#owners.set(owner, own);
    }
    this.#length++;
    return { owner, place: own.line.join(value) };
  }

  /** `seat` must be one of this line and still in it. */
  leave({ owner, place }: Seat<T>): void {
    const own = this.#owners.get(owner);
    if (own === undefined) return;
    own.line.leave(place);
    this.#length--;
    if (own.line.length > 0) return;
    this.#turns.leave(own.turn);
    this.#owners.delete(owner);
  }

  /** Whose turn it is, taken out; undefined if nobody waits. */
  next(): T | undefined {
    const owner = this.#turns.next();
    const own = owner === undefined ? undefined : this.#owners.get(owner);
    if (owner === undefined || own === undefined) return undefined;
    const value = own.line.next();
    this.#length--;
    if (own.line.length > 0) own.turn = this.#turns.join(owner);
    else this.#owners.delete(owner);
    return value;
  }
}
