import { expect, test } from "vitest";
import { parseDay } from "../../../src/capabilities/reports/definition/parse-day.ts";

/** A Thursday. */
const today = "2024-02-29";

test.each([
  ["2026-01-31", "2026-01-31"],
  ["today", "2024-02-29"],
  ["today+1d", "2024-03-01"],
  ["today 1d", "2024-03-01"],
  ["+90d", "2024-05-29"],
  [" 90d", "2024-05-29"],
  ["-1d", "2024-02-28"],
  ["-2w", "2024-02-15"],
  ["+1m", "2024-03-29"],
  ["+1y", "2025-02-28"],
  ["-1y", "2023-02-28"],
  ["+4y", "2028-02-29"],
  ["startOfWeek", "2024-02-26"],
  ["endOfWeek", "2024-03-03"],
  ["startOfMonth", "2024-02-01"],
  ["endOfMonth", "2024-02-29"],
  ["startOfQuarter", "2024-01-01"],
  ["endOfQuarter", "2024-03-31"],
  ["startOfYear", "2024-01-01"],
  ["endOfYear", "2024-12-31"],
  ["startOfMonth-1m", "2024-01-01"],
  ["startOfMonth-1d", "2024-01-31"],
  ["endOfMonth-1m", "2024-01-31"],
  ["endOfMonth-1y", "2023-02-28"],
  ["endOfQuarter+2m-1m", "2024-04-30"],
  ["endOfMonth-1d-1m", "2024-01-28"],
  ["startOfYear-1y+6m", "2023-07-01"],
])("%s is a day", (text, expected) => {
  expect(parseDay(text, today)).toBe(expected);
});

test.each([
  "",
  "tomorrow",
  "today+",
  "today1d",
  "+1h",
  "startOfDay",
  "endofmonth",
  "+99999y",
  "-3000y",
  "2024-2-1",
  "today+1d ",
  "1d",
])("%j is not a day", (text) => {
  // A blank counts as a plus sign anywhere.
  expect(parseDay(text, today)).toBeUndefined();
});

test("a day that a month lacks becomes its last day, also across years", () => {
  expect(parseDay("+1m", "2026-01-31")).toBe("2026-02-28");
  expect(parseDay("-1m", "2026-03-31")).toBe("2026-02-28");
  expect(parseDay("+13m", "2026-01-31")).toBe("2027-02-28");
  expect(parseDay("-2m", "2026-01-31")).toBe("2025-11-30");
});

test("a week begins on Monday, also on Sundays and Mondays", () => {
  expect(parseDay("startOfWeek", "2026-11-29")).toBe("2026-11-23");
  expect(parseDay("endOfWeek", "2026-11-29")).toBe("2026-11-29");
  expect(parseDay("startOfWeek", "2026-11-30")).toBe("2026-11-30");
});
