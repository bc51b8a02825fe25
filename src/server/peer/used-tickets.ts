import type { Ticket } from "./ticket.ts";

/** A request may overtake so many others of its process. */
const WINDOW = 10_000;

/** The tickets that were used in the last term of this process, so that none is used twice. */
export class UsedTickets {
  #term = "";
  readonly #processes = new Map<string, { highest: number; readonly numbers: Set<number> }>();

  /** Uses a ticket of the own term; false if it was used before, or if that is no longer known. */
  use({ term, process, number }: Ticket): boolean {
    if (term !== this.#term) this.#processes.clear();
    this.#term = term;
    const used = this.#processes.get(process) ?? { highest: 0, numbers: new Set() };
    this.#processes.set(process, used);
    if (number <= used.highest - WINDOW || used.numbers.has(number)) return false;
    used.numbers.add(number);
    for (; used.highest < number; used.highest++) used.numbers.delete(used.highest + 1 - WINDOW);
    return true;
  }
}
