/** The lowest and the highest limit, and the first one. */
export const [LOWEST_LIMIT, HIGHEST_LIMIT, FIRST_LIMIT] = [4, 64, 16];
/** Calls whose average is the base of a route. */
const SAMPLES = 64;
/** Milliseconds until bases are measured anew, at first and later. */
const [FIRST_INTERVAL, INTERVAL] = [5_000, 60_000];
/** How many times its base a round may take, and which share of its calls may fail, until the limit is lowered. */
const [LONG, FAILING_SHARE] = [1.5, 0.05];
/** What the limit is multiplied by then. */
const LOWERED = 0.8;
/** The share of the limit that a round has to use for it to be raised. */
const USED_SHARE = 0.75;

/** The read of one record that is over, as it was on the wire. Times in milliseconds by one clock. */
export interface WireCall {
  /** Calls of one route take about the same time. */
  readonly route: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** How many calls were in flight when it was sent, itself included. */
  readonly inFlight: number;
  /** No answer, or one that says that Alma is overloaded. */
  readonly isFailed: boolean;
}

/** The average of the first calls of a route. */
interface Base {
  sum: number;
  count: number;
}

const newRound = () => ({ calls: 0, failed: 0, time: 0, baseTime: 0, inFlight: 0 });

/**
 * How many calls Alma works on at once, by how long it takes for the reads of single records. A round is as many calls
 * as the limit allows. One that took half as long again as without a queue, or in which more than one call in twenty
 * failed, multiplies the limit by 0.8; any other one that used it raises it by one.
 *
 * What calls of a route take without a queue, its base, is measured anew each minute, with as few calls in flight as the
 * lowest limit allows, so that an Alma that became slower or faster is not compared with what it was. For a route that
 * was not called by then it is what its first calls take.
 */
export class LatencyLimit {
  #limit = FIRST_LIMIT;
  #isMeasuring = false;
  #measureAt: number | undefined;
  readonly #bases = new Map<string, Base>();
  /** Calls that were sent before say nothing about the present limit. */
  #loweredAt = Number.NEGATIVE_INFINITY;
  #round = newRound();

  get current(): number {
    return this.#isMeasuring ? LOWEST_LIMIT : this.#limit;
  }

  /** Takes a call that is over into account. */
  note({ route, sentAt, endedAt, inFlight, isFailed }: WireCall): void {
    this.#measureAt ??= endedAt + FIRST_INTERVAL;
    if (!this.#isMeasuring && endedAt >= this.#measureAt) {
      this.#isMeasuring = true;
      this.#bases.clear();
      this.#loweredAt = endedAt;
    }
    if (sentAt < this.#loweredAt) return;
    const base = this.#bases.get(route) ?? { sum: 0, count: 0 };
    this.#bases.set(route, base);
    const time = endedAt - sentAt;
    if (!this.#isMeasuring) this.#count(base, time, inFlight, isFailed, endedAt);
    else if (inFlight <= LOWEST_LIMIT && !isFailed && isComplete(base, time)) {
      this.#isMeasuring = false;
      this.#measureAt = endedAt + INTERVAL;
      this.#round = newRound();
    }
  }

  #count(base: Base, time: number, inFlight: number, isFailed: boolean, now: number): void {
    const round = this.#round;
    round.calls++;
    round.inFlight += inFlight;
    if (isFailed) round.failed++;
    else if (base.count < SAMPLES) isComplete(base, time);
    else {
      round.time += time;
      round.baseTime += base.sum / base.count;
    }
    if (round.calls >= this.#limit) this.#endRound(now);
  }

  #endRound(now: number): void {
    const { calls, failed, time, baseTime, inFlight } = this.#round;
    this.#round = newRound();
    if (failed > FAILING_SHARE * calls || time > LONG * baseTime) {
      this.#limit = Math.max(LOWEST_LIMIT, LOWERED * this.#limit);
      this.#loweredAt = now;
    } else if (inFlight >= USED_SHARE * calls * this.#limit)
      this.#limit = Math.min(HIGHEST_LIMIT, this.#limit + 1);
  }
}

/** Adds the time of a call to a base. Returns whether it is complete. */
function isComplete(base: Base, time: number): boolean {
  base.sum += time;
  base.count++;
  return base.count >= SAMPLES;
}
