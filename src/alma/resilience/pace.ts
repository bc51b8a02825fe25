import type { AlmaLog } from "../http/log.ts";

/** Milliseconds. */
const SECOND = 1_000;
/** Refusals, and their share of a second's answers, beyond which calls are too many. Fewer may have other reasons. */
const [MIN_REFUSALS, REFUSED_SHARE] = [5, 0.05];
/** The pace as a share of what Alma took; by how much more each second raises it; its growth until it is dropped. */
const [TAKEN_SHARE, RAISE, OUTGROWN] = [0.95, 0.01, 2];
/** Calls a second: the lowest pace. */
const LOWEST_PACE = 5;
/** Milliseconds by which a timer may be late without costing turns. */
const LATENESS = 20;

/**
 * Calls a second, while Alma refuses calls beyond a rate (429). There is no pace until at least five of a second's
 * calls are refused, and more than five in a hundred. It is then a little less than what Alma took in that second, and
 * calls are sent evenly. A second that holds calls back raises it by a hundredth, the next one by two, and so on while
 * none is refused; a refusal takes the last raise back, or a hundredth. More than five in a hundred set the pace anew.
 * When it has doubled it is dropped. The second after it was set is not judged: Alma may still count the calls before.
 *
 * A limit of calls at once could not hold a rate: a refusal takes no time, so that the next call follows at once.
 */
export class Pace {
  readonly #log: AlmaLog;
  readonly #onTurn: () => void;
  #rate: number | undefined;
  /** As it was set. */
  #setRate = 0;
  #raise = 0;
  #turnAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #second = { endsAt: Number.NEGATIVE_INFINITY, isJudged: true, taken: 0, refused: 0, hasHeldBack: false };

  /** `onTurn` is called when it is the turn of a call that was held back. */
  constructor(log: AlmaLog, onTurn: () => void) {
    this.#log = log;
    this.#onTurn = onTurn;
  }

  /** Calls a second; undefined while Alma takes all. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** Takes the turn of a call that can be sent now. False if it is held back. */
  take(): boolean {
    const now = performance.now();
    const second = this.#secondAt(now);
    if (this.#rate === undefined) return true;
    if (now >= this.#turnAt) {
      this.#turnAt = Math.max(this.#turnAt, now - LATENESS) + SECOND / this.#rate;
      return true;
    }
    second.hasHeldBack = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onTurn();
    }, this.#turnAt - now);
    return false;
  }

  /** Counts the answer to a call. */
  note(isRefused: boolean): void {
    const second = this.#secondAt(performance.now());
    if (isRefused) second.refused++;
    else second.taken++;
  }

  #secondAt(now: number) {
    const { endsAt, isJudged } = this.#second;
    if (now < endsAt) return this.#second;
    const isSet = isJudged && this.#judge();
    this.#second = { endsAt: now + SECOND, isJudged: !isSet, taken: 0, refused: 0, hasHeldBack: false };
    return this.#second;
  }

  /** Judges the second that is over. Returns whether it sets the pace, at first or anew. */
  #judge(): boolean {
    const { taken, refused, hasHeldBack } = this.#second;
    const rate = this.#rate;
    const isRefused = refused > REFUSED_SHARE * (taken + refused);
    if (isRefused && (rate !== undefined || refused >= MIN_REFUSALS)) {
      // What the pace would have allowed beyond the calls that were sent counts as taken.
      this.#setRate = Math.max(LOWEST_PACE, TAKEN_SHARE * Math.max(taken, (rate ?? 0) - refused));
      this.#rate = this.#setRate;
      this.#raise = 0;
      const callsPerSecond = Math.round(this.#rate);
      if (rate === undefined)
        this.#log.warn({ callsPerSecond }, "Alma refuses calls: they are sent at a pace");
      return true;
    }
    if (rate === undefined) return false;
    if (refused > 0) {
      this.#rate = Math.max(TAKEN_SHARE * this.#setRate, rate / (1 + (this.#raise || RAISE)));
      this.#raise = 0;
    } else if (hasHeldBack) {
      this.#raise += RAISE;
      const raised = rate * (1 + this.#raise);
      this.#rate = raised < OUTGROWN * this.#setRate ? raised : undefined;
      if (this.#rate === undefined)
        this.#log.info({}, "Alma takes calls again: they are no longer sent at a pace");
    }
    return false;
  }
}
