import type { AlmaLog } from "../http/alma-log.ts";
import type { Send } from "../http/send.ts";

/** Reports each answer to a pace. */
export const withPace =
  (send: Send, pace: Pick<ReturnType<typeof createPace>, "note">): Send =>
  async (request) => {
    const response = await send(request);
    pace.note(response.status === 429);
    return response;
  };

/** One second in milliseconds. */
const SECOND = 1_000;
/**
 * The number of refusals, and their share of a second's answers, above which the rate is considered too high. Fewer may
 * have other reasons.
 */
const [MIN_REFUSALS, REFUSED_SHARE] = [5, 0.05];
/**
 * The pace as a share of the accepted rate; the increase per second; the growth factor at which the pace is dropped.
 */
const [TAKEN_SHARE, RAISE, OUTGROWN] = [0.95, 0.01, 2];
/** The minimum pace in calls per second. */
const LOWEST_PACE = 5;
/** How late, in milliseconds, a timer may be without losing turns. */
const LATENESS = 20;

/**
 * Paces calls while Alma refuses calls beyond a rate (429). There is no pace until at least five of a second's calls,
 * and more than five percent, are refused. The pace is then set slightly below the rate that Alma accepted in that
 * second, and calls are spread evenly. A second that holds calls back raises it by one percent, the next by two, and so
 * on while none is refused; a refusal undoes the last increase, or one percent. More than five percent refusals set the
 * pace again. It is dropped when it has doubled. The second after it was set is ignored, since Alma may still count
 * earlier calls. A limit of concurrent calls could not hold a rate: a refusal takes no time, so the next call would
 * follow immediately. `onTurn`: called when a held call may be sent.
 */
export function createPace(log: AlmaLog, onTurn: () => void) {
  let rate: number | undefined;
  /** The rate when it was set. */
  let setRate = 0;
  let raise = 0;
  let turnAt = 0;
  let isTurnAwaited = false;
  let second = { endsAt: -Infinity, isJudged: true, taken: 0, refused: 0, hasDelayed: false };

  function secondAt(now: number) {
    const { endsAt, isJudged } = second;
    if (now < endsAt) return second;
    const isSet = isJudged && judge();
    second = { endsAt: now + SECOND, isJudged: !isSet, taken: 0, refused: 0, hasDelayed: false };
    return second;
  }

  /** Evaluates the last second. Returns whether it sets the pace. */
  function judge() {
    const { taken, refused, hasDelayed } = second;
    const isRefused = refused > REFUSED_SHARE * (taken + refused);
    if (isRefused && (rate !== undefined || refused >= MIN_REFUSALS)) {
      // Unused calls of the pace count as accepted.
      setRate = Math.max(LOWEST_PACE, TAKEN_SHARE * Math.max(taken, (rate ?? 0) - refused));
      const callsPerSecond = Math.round(setRate);
      if (rate === undefined) log.warn({ callsPerSecond }, "Alma refuses calls: they are now paced");
      rate = setRate;
      raise = 0;
      return true;
    }
    if (rate === undefined) return false;
    if (refused > 0) {
      rate = Math.max(TAKEN_SHARE * setRate, rate / (1 + (raise || RAISE)));
      raise = 0;
    } else if (hasDelayed) {
      raise += RAISE;
      const raised = rate * (1 + raise);
      rate = raised < OUTGROWN * setRate ? raised : undefined;
      if (rate === undefined) log.info({}, "Alma accepts calls again: they are no longer paced");
    }
    return false;
  }

  return {
    /** Calls per second; undefined while Alma accepts all calls. */
    get rate(): number | undefined {
      return rate;
    },

    /** Takes a turn for a call. Returns false if the call is held back. */
    take(): boolean {
      const now = performance.now();
      const present = secondAt(now);
      if (rate === undefined) return true;
      if (now >= turnAt) {
        turnAt = Math.max(turnAt, now - LATENESS) + SECOND / rate;
        return true;
      }
      present.hasDelayed = true;
      if (isTurnAwaited) return false;
      isTurnAwaited = true;
      setTimeout(() => {
        isTurnAwaited = false;
        onTurn();
      }, turnAt - now);
      return false;
    },

    /** Counts an answer. */
    note(isRefused: boolean) {
      const present = secondAt(performance.now());
      if (isRefused) present.refused++;
      else present.taken++;
    },
  };
}
