/** The clock of the simulator, in days. */
export interface Clock {
  /** The current day in Dubai, `YYYY-MM-DD`. */
  today(): string;
  /** Moves the clock by some days. The next request updates all statuses, even after 0 days. */
  advance(days?: number): void;
  /** How often `advance` was called. When the count or the day has changed, the next request updates the statuses. */
  readonly moveCount: number;
}

const DAY = 86_400_000;
/** Dubai is at UTC+4 all year. */
const DUBAI = 4 * 3_600_000;

/** A clock that is stopped at a day, or that follows real time. */
export function createClock(start?: string): Clock {
  let daysAdvanced = 0;
  let moveCount = 0;
  const startedAt = start === undefined ? undefined : Date.parse(start);
  return {
    today: () => dayOf((startedAt ?? Date.now() + DUBAI) + daysAdvanced * DAY),
    advance(days = 0) {
      daysAdvanced += days;
      moveCount += 1;
    },
    get moveCount() {
      return moveCount;
    },
  };
}

/** Adds a number of days, which may be negative, to a day `YYYY-MM-DD`. */
export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY);
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
