import {
  calendarDayOf,
  type DayNumber,
  dayNumber,
  dayNumberOf,
  daysInMonth,
  dayText,
  startOf,
  startOfNext,
} from "../../../graph/index.ts";

const WORDS = /^(today|(?:startOf|endOf)(?:Week|Month|Quarter|Year))?((?:[+-]\d{1,5}[dwmy])*)$/;
/** The units of the calendar, by their names in words. */
const units = { Week: "WEEK", Month: "MONTH", Quarter: "QUARTER", Year: "YEAR" } as const;

/**
 * The day that a text names, `YYYY-MM-DD`: the text itself if it has that form, else a day that is relative to `today`:
 * `today`, `startOfMonth` or `endOfQuarter` (`Week` to `Year`; a week begins on Monday), then any number of `+2w` or
 * `-1m` (`d`, `w`, `m`, `y`). A blank is a plus, as it arrives in an address. A month has no days that it does not
 * have: 31 January and a month is the last of February. The end of a month stays one: `endOfMonth-1m` is the last day
 * of the month before. Undefined for any other text, and for a day beyond the years 1 to 9999.
 */
export function parseDay(text: string, today: string): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const [matched, start = "today", offsets = ""] = WORDS.exec(text.replaceAll(" ", "+")) ?? [];
  if (!matched) return undefined;
  const keepsEnd = /^endOf(?!Week)/.test(start);
  let day = dayOfWord(start, dayNumberOf(today));
  for (const [, amount = "", unit = ""] of offsets.matchAll(/([+-]\d+)([dwmy])/g)) {
    const count = Number(amount);
    if (unit === "d" || unit === "w") day += count * (unit === "w" ? 7 : 1);
    else day = addMonths(day, count * (unit === "y" ? 12 : 1), keepsEnd);
  }
  const { year } = calendarDayOf(day);
  return year >= 1 && year <= 9999 ? dayText(day) : undefined;
}

/** The same days a year before: the last day of a month is that of the other month, too. */
export const yearBefore = (text: string): string => dayText(addMonths(dayNumberOf(text), -12, true));

function dayOfWord(word: string, today: DayNumber) {
  const [, edge, name] = /^(startOf|endOf)(\w+)$/.exec(word) ?? [];
  if (name === undefined) return today;
  const unit = units[name as keyof typeof units];
  return edge === "endOf" ? startOfNext(unit, today) - 1 : startOf(unit, today);
}

/** The same day of another month, or its last one; that too for the last of its own, if it `keepsEnd`. */
function addMonths(from: DayNumber, count: number, keepsEnd: boolean) {
  const { year, month, day } = calendarDayOf(from);
  const months = year * 12 + month - 1 + count;
  const [inYear, inMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  const last = daysInMonth(inYear, inMonth);
  const isEnd = keepsEnd && day === daysInMonth(year, month);
  return dayNumber(inYear, inMonth, isEnd ? last : Math.min(day, last));
}
