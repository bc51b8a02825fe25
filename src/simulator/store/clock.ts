/** The stand-in's idea of which day it is. */
export interface Clock {
  /** The day in Dubai, `YYYY-MM-DD`. */
  today(): string;
  /** Goes on by some days; statuses catch up with contracts and blocks at the next request, also after 0 days. */
  advance(days?: number): void;
  /** How often the clock was moved by hand; with the day it tells whether statuses are due. */
  readonly moveCount: number;
}

const DAY = 86_400_000;
/** Dubai keeps UTC+4 all year. */
const DUBAI = 4 * 3_600_000;

/** A clock that stands at the given day, or that follows the real one. */
export function createClock(start?: string): Clock {
  let daysAdvanced = 0;
  let moveCount = 0;
  return {
    today: () => addDays(start ?? new Date(Date.now() + DUBAI).toISOString().slice(0, 10), daysAdvanced),
    advance(days = 0) {
      daysAdvanced += days;
      moveCount += 1;
    },
    get moveCount() {
      return moveCount;
    },
  };
}

/** The day so many days after (or before) another, both `YYYY-MM-DD`. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}
