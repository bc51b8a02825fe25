import type { AlmaLog } from "../http/log.ts";
import type { AlmaRequest, AlmaResponse } from "../http/send.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Milliseconds of a round. */
const ROUND = 1_000;
/** Refusals, and their share of a round's answers, beyond which calls are too many. Fewer may have other reasons. */
const [MIN_REFUSALS, REFUSED_SHARE] = [5, 0.05];
/** The pace is this share of what Alma took. */
const TAKEN_SHARE = 0.95;
/** How much a round without a refusal raises the pace; each such round after these raises it by that much more. */
const [RAISE, STEADY_ROUNDS] = [0.01, 5];
/** The same for a pace that follows from less than a round, until calls are refused again. */
const GUESS_RAISE = 0.5;
/** A pace that is this many times what was refused is no longer needed; the latter if it was a guess. */
const [OUTGROWN, OUTGROWN_GUESS] = [2, 8];
/** Calls a second: the lowest pace. */
const LOWEST_PACE = 5;
/** Milliseconds for which unused turns are kept, so that a late timer costs none. */
const KEPT_TURNS = 20;

interface Round {
  readonly startedAt: number;
  taken: number;
  /** Of the calls that were sent at the present pace. */
  answered: number;
  refused: number;
  /** Whether a call had to wait. */
  hasWaited: boolean;
}

const roundFrom = (startedAt: number): Round => ({
  startedAt,
  taken: 0,
  answered: 0,
  refused: 0,
  hasWaited: false,
});

/**
 * Calls a second, while Alma refuses calls beyond a rate (429). There is no pace until Alma refuses more than a few
 * calls in a hundred. It is then a little less than what Alma took, is raised by one in a hundred in each second in
 * which it held calls back and none was refused, and is dropped when it has doubled. Where Alma had less than a second
 * to show what it takes, the rest of that second is waited for, and the pace is raised faster until Alma refuses again.
 *
 * A limit of calls at once could not hold a rate: a refusal takes no time, so that the next call follows at once.
 */
export class Pace {
  readonly #log: AlmaLog;
  readonly #line = new WaitingLine(() => this.#serve());
  #rate: number | undefined;
  /** The rate at which calls were refused last. */
  #refusedRate = 0;
  #setAt = Number.NEGATIVE_INFINITY;
  /** Rounds in a row that raised the rate. */
  #raises = 0;
  /** Whether the rate follows from less than a round, in which Alma may take as much as in a whole one. */
  #isGuess = false;
  #turns = 0;
  #filledAt = 0;
  /** When calls began to be sent without a break of a round. */
  #busySince = Number.NEGATIVE_INFINITY;
  #round = roundFrom(Number.NEGATIVE_INFINITY);
  #before = roundFrom(Number.NEGATIVE_INFINITY);
  #timer: NodeJS.Timeout | undefined;

  constructor(log: AlmaLog) {
    this.#log = log;
  }

  /** Calls a second; undefined while Alma takes all. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** Resolves when a call may be sent; undefined if that is now. Rejects with the reason of its signal. */
  turn(request: AlmaRequest): Promise<unknown> | undefined {
    const now = performance.now();
    this.#startRound(now);
    if (this.#rate === undefined) return undefined;
    this.#fill(now);
    if (this.#line.length === 0 && this.#turns >= 1) {
      this.#turns--;
      return undefined;
    }
    this.#round.hasWaited = true;
    const turn = this.#line.wait(request);
    this.#schedule();
    return turn;
  }

  /** Takes an answer to a call that was sent at `sentAt` into account. Returns whether it made calls slower. */
  note({ status }: AlmaResponse, sentAt: number): boolean {
    const now = performance.now();
    this.#startRound(now);
    const round = this.#round;
    if (status !== 429) round.taken++;
    // A call that was sent before the pace changed says nothing about the present one.
    if (sentAt < this.#setAt) return false;
    round.answered++;
    if (status !== 429) return false;
    round.refused++;
    if (round.refused < MIN_REFUSALS || round.refused <= REFUSED_SHARE * round.answered) return false;
    this.#slowDown(now);
    return true;
  }

  #slowDown(now: number): void {
    const { startedAt, taken } = this.#round;
    // Of the round before, what lies in the second that ends now.
    const taking = taken + Math.max(0, 1 - (now - startedAt) / ROUND) * this.#before.taken;
    const isNew = this.#rate === undefined;
    this.#refusedRate = Math.max(LOWEST_PACE, taking);
    this.#rate = Math.max(
      LOWEST_PACE,
      Math.min(this.#rate ?? Number.POSITIVE_INFINITY, TAKEN_SHARE * taking),
    );
    this.#setAt = now;
    this.#raises = 0;
    this.#isGuess = now - this.#busySince < ROUND;
    this.#turns = 0;
    this.#filledAt = this.#isGuess ? this.#busySince + ROUND : now;
    this.#round.answered = 0;
    this.#round.refused = 0;
    const callsPerSecond = Math.round(this.#rate);
    if (isNew) this.#log.warn({ callsPerSecond }, "Alma refuses calls: they are sent at a pace");
  }

  /** Ends the round if its time is over. */
  #startRound(now: number): void {
    const { startedAt } = this.#round;
    if (now - startedAt < ROUND) return;
    const ended = this.#round;
    const isNext = now - startedAt < 2 * ROUND;
    this.#before = isNext ? ended : roundFrom(startedAt);
    this.#round = roundFrom(isNext ? startedAt + ROUND : now);
    if (!isNext) this.#busySince = now;
    if (this.#rate === undefined || !ended.hasWaited) return;
    if (ended.refused === 0) this.#raise(this.#rate);
    else [this.#raises, this.#isGuess] = [0, false];
  }

  #raise(rate: number): void {
    this.#raises++;
    const raise = this.#isGuess ? GUESS_RAISE : RAISE * Math.max(1, this.#raises - STEADY_ROUNDS);
    this.#rate = rate * (1 + raise);
    if (this.#rate < (this.#isGuess ? OUTGROWN_GUESS : OUTGROWN) * this.#refusedRate) return;
    this.#rate = undefined;
    this.#log.info({}, "Alma takes calls again: they are no longer sent at a pace");
  }

  #fill(now: number): void {
    const rate = this.#rate ?? 0;
    if (now < this.#filledAt) return;
    const most = Math.max(1, (rate * KEPT_TURNS) / 1000);
    this.#turns = Math.min(most, this.#turns + ((now - this.#filledAt) * rate) / 1000);
    this.#filledAt = now;
  }

  /** Lets those go whose turn it is, and waits for the next turn. */
  #serve(): void {
    const now = performance.now();
    this.#startRound(now);
    this.#fill(now);
    while (this.#rate === undefined || this.#turns >= 1) {
      if (!this.#line.next("caller") && !this.#line.next("background")) break;
      this.#turns--;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#line.length === 0 || this.#rate === undefined) return;
    this.#round.hasWaited = true;
    const nextAt = this.#filledAt + ((1 - this.#turns) * 1000) / this.#rate;
    const serve = () => {
      this.#timer = undefined;
      this.#serve();
    };
    this.#timer = setTimeout(serve, Math.max(1, nextAt - performance.now()));
  }
}
