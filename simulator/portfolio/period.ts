import { addDays } from "../store/clock.ts";
import type { Random } from "../store/random.ts";

/** The days of one contract, both included. */
export interface ContractPeriod {
  readonly start: string;
  readonly end: string;
}

/**
 * Periods without common days, the newest first. The newest is planned, current (sometimes about to end) or over; a
 * planned period usually follows one that is about to end.
 */
export function createPeriods(count: number, today: string, random: Random): ContractPeriod[] {
  const periods: ContractPeriod[] = [];
  let nextEnd = randomFirstEnd(random);
  if (count > 1 && random.chance(0.2)) {
    const start = random.int(3, 45);
    periods.push({ start: addDays(today, start), end: addDays(today, start + random.pick(periodLengths)) });
    nextEnd = random.int(0, start - 1);
  }
  while (periods.length < count) {
    const start = nextEnd - random.pick(periodLengths);
    periods.push({ start: addDays(today, start), end: addDays(today, nextEnd) });
    nextEnd = start - random.int(1, 40);
  }
  return periods;
}

/** Days from today to the end of the newest period that is not planned; negative if it is over. */
function randomFirstEnd(random: Random): number {
  const chance = random.next();
  if (chance < 0.2) return random.int(0, 14);
  if (chance < 0.8) return random.int(15, 300);
  return -random.int(1, 200);
}

/** Lengths in days: from a few weeks to two years, common ones repeated. */
const periodLengths = [20, 29, 59, 89, 89, 179, 179, 364, 364, 364, 729];
