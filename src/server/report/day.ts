const WORDS = /^(today|(?:startOf|endOf)(?:Week|Month|Quarter|Year))?((?:[+-]\d{1,5}[dwmy])*)$/;
const DAY = 86_400_000;
/** How many months a unit of the calendar has. */
const months: Readonly<Record<string, number>> = { Month: 1, Quarter: 3, Year: 12 };

/**
 * The day that a text names, `YYYY-MM-DD`: the text itself if it has that form, else a day that is relative to `today`:
 * `today`, `startOfMonth` or `endOfQuarter` (`Week` to `Year`; a week begins on Monday), then any number of `+2w` or
 * `-1m` (`d`, `w`, `m`, `y`). A blank is a plus, as it arrives in an address. A month has no days that it does not
 * have: 31 January and a month is the last of February. Undefined for any other text, and for a day beyond the years 1
 * to 9999.
 */
export function parseDay(text: string, today: string): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const [matched, start = "today", offsets = ""] = WORDS.exec(text.replaceAll(" ", "+")) ?? [];
  if (!matched) return undefined;
  let time = startOf(start, Date.parse(`${today}T00:00:00Z`));
  for (const [, amount = "", unit = ""] of offsets.matchAll(/([+-]\d+)([dwmy])/g)) {
    const count = Number(amount);
    if (unit === "d" || unit === "w") time += count * (unit === "w" ? 7 : 1) * DAY;
    else time = addMonths(time, count * (unit === "y" ? 12 : 1));
  }
  const year = new Date(time).getUTCFullYear();
  return year >= 1 && year <= 9999 ? new Date(time).toISOString().slice(0, 10) : undefined;
}

function startOf(word: string, today: number): number {
  const unit = word.replace(/^(startOf|endOf)/, "");
  if (word === "today") return today;
  const isEnd = word.startsWith("endOf");
  const date = new Date(today);
  if (unit === "Week") return today - ((date.getUTCDay() + 6) % 7) * DAY + (isEnd ? 6 * DAY : 0);
  const size = months[unit] ?? 1;
  const month = date.getUTCMonth() - (date.getUTCMonth() % size);
  const first = date.setUTCMonth(month, 1);
  return isEnd ? addMonths(first, size) - DAY : first;
}

/** The same day of another month, or its last one. */
function addMonths(time: number, count: number): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count);
  const last = new Date(date);
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  return date.setUTCDate(Math.min(day, last.getUTCDate()));
}
