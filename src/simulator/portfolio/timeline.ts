import { addDays } from "../clock.ts";
import type { Random } from "../random.ts";

/** The days of one contract, both included. */
export interface Stay {
  readonly start: string;
  readonly end: string;
}

/**
 * So many stays in one place, the last first, none sharing a day with another. The last is planned, or in force (now
 * and then about to end), or over; a planned one usually follows one that is about to end.
 */
export function stays(count: number, today: string, random: Random): Stay[] {
  const found: Stay[] = [];
  let next = firstEnd(random);
  if (count > 1 && random.chance(0.2)) {
    const start = random.int(3, 45);
    found.push({ start: addDays(today, start), end: addDays(today, start + random.pick(lengths)) });
    next = random.int(0, start - 1);
  }
  while (found.length < count) {
    const start = next - random.pick(lengths);
    found.push({ start: addDays(today, start), end: addDays(today, next) });
    next = start - random.int(1, 40);
  }
  return found;
}

/** Days from today to the end of the newest stay that is not a planned one. */
function firstEnd(random: Random): number {
  const chance = random.next();
  if (chance < 0.2) return random.int(0, 14);
  if (chance < 0.8) return random.int(15, 300);
  return -random.int(1, 200);
}

/** Lengths in days: a few weeks to two years. */
const lengths = [20, 29, 59, 89, 89, 179, 179, 364, 364, 364, 729];
