import type { Ticket } from "./ticket.ts";

/** How far a ticket's number may lag behind the highest one of its process. */
const WINDOW = 10_000;

/** The tickets used in the current term of this process, so that none is used twice. */
export class UsedTickets {
  #term = "";
  readonly #processes = new Map<string, { highest: number; readonly numbers: Set<number> }>();

  /** Uses a ticket of the current term. Returns false if it was used before, or is too old to know. */
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
