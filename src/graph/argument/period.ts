import { dayNumberOf } from "../rent/day.ts";
import type { DayRange } from "../rent/rent.ts";
import { badInput } from "./bad-input.ts";

/** A period in days, `YYYY-MM-DD`, both included. */
export interface PeriodArgs {
  readonly from: string;
  readonly to: string;
}

/** Parses a period into day numbers. Throws BAD_USER_INPUT if it ends before it starts. */
export function parsePeriod({ from, to }: PeriodArgs, argument = ""): DayRange {
  if (from > to)
    throw badInput(
      `${argument}to`,
      `${to} is before ${from}; give the first day as from and the last as to.`,
    );
  return { from: dayNumberOf(from), to: dayNumberOf(to) };
}
