/** One hour in milliseconds. */
export const HOUR = 3_600_000;
/** One day in milliseconds. */
export const DAY = 24 * HOUR;

/** Calculates with the days of a time zone. */
export type Calendar = ReturnType<typeof createCalendar>;

/** The greatest distance of a time zone from UTC, in milliseconds. */
const FARTHEST = 14 * HOUR;

/** Creates the calendar of a time zone. Formats today's date at most once a second. */
export function createCalendar(timeZone: string) {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  const dayOf = (moment: number) => format.format(moment);
  let cached = { second: NaN, day: "" };
  return {
    /** Returns the day of a moment, `YYYY-MM-DD`. */
    dayOf,
    today() {
      const now = Date.now();
      const second = Math.floor(now / 1000);
      if (second !== cached.second) cached = { second, day: dayOf(now) };
      return cached.day;
    },
    /** Returns the milliseconds since midnight. */
    sinceMidnight(): number {
      const now = Date.now();
      const yesterday = new Date(Date.parse(dayOf(now)) - DAY).toISOString().slice(0, 10);
      return now - this.endOf(yesterday) - 1;
    },
    /** Returns the last moment of a day. */
    endOf(day: string) {
      const midnight = Date.parse(`${day}T00:00:00Z`);
      // Bisects between a moment in the day and a moment after it.
      let [within, after] = [midnight - FARTHEST, midnight + DAY + FARTHEST];
      while (after - within > 1) {
        const middle = Math.floor((within + after) / 2);
        if (dayOf(middle) > day) after = middle;
        else within = middle;
      }
      return within;
    },
  };
}
