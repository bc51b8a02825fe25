const WORDS = /^(?:today|(startOf|endOf)(Week|Month|Quarter|Year)|(?=[+-]))((?:[+-]\d{1,5}[dwmy])*)$/;
/** The months of each calendar period. */
const months: Readonly<Record<string, number>> = { Month: 1, Quarter: 3, Year: 12 };

/**
 * Parses a day: `YYYY-MM-DD`, or one relative to `today`: `today`, `startOfMonth` or `endOfQuarter` (`Week` to `Year`;
 * weeks begin on Monday), then any number of `+2w` or `-1m` (`d`, `w`, `m`, `y`). A blank counts as a plus, as URLs
 * decode it. 31 January plus a month is the last day of February. The end of a month stays the end: `endOfMonth-1m` is
 * the last day of the month before. Undefined for any other text, and for a day outside the years 1 to 9999.
 */
export function parseDay(text: string, today: string): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const [matched, edge, period = "", offsets = ""] = WORDS.exec(text.replaceAll(" ", "+")) ?? [];
  if (matched === undefined) return undefined;
  const size = months[period];
  let day = edge ? edgeOf(edge === "endOf", size, new Date(today)) : new Date(today);
  for (const [, amount = "", unit = ""] of offsets.matchAll(/([+-]\d+)([dwmy])/g)) {
    const count = Number(amount);
    if (unit === "d" || unit === "w") day = moved(day, 0, count * (unit === "w" ? 7 : 1));
    else day = addMonths(day, count * (unit === "y" ? 12 : 1), edge === "endOf" && size !== undefined);
  }
  const year = day.getUTCFullYear();
  return year >= 1 && year <= 9999 ? textOf(day) : undefined;
}

/** Returns the day a year before. The last day of a month stays the last. */
export const yearBefore = (text: string): string => textOf(addMonths(new Date(text), -12, true));

const textOf = (day: Date) => day.toISOString().slice(0, 10);

/** Moves a day by months and days. `day`: another day of the month. */
function moved(from: Date, monthCount: number, dayCount: number, day = from.getUTCDate()) {
  const to = new Date(from);
  to.setUTCMonth(from.getUTCMonth() + monthCount, day + dayCount);
  return to;
}

/** Returns the first or last day of a period of this many months, or of a week. */
function edgeOf(isEnd: boolean, size: number | undefined, today: Date) {
  if (size === undefined) return moved(today, 0, (isEnd ? 6 : 0) - ((today.getUTCDay() + 6) % 7));
  const first = -(today.getUTCMonth() % size);
  return isEnd ? moved(today, first + size, 0, 0) : moved(today, first, 0, 1);
}

/** Returns the same day of another month, or its last one; with `keepsEnd`, the last day stays the last. */
function addMonths(from: Date, count: number, keepsEnd: boolean) {
  const day = from.getUTCDate();
  const last = moved(from, count + 1, 0, 0);
  const isEnd = keepsEnd && day === moved(from, 1, 0, 0).getUTCDate();
  return isEnd || day > last.getUTCDate() ? last : moved(from, count, 0);
}
