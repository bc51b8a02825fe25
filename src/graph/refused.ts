import type { Problem } from "../alma/index.ts";
import type { ArgumentPath } from "./user-error.ts";
import { inTheWay, objectOf } from "./write-rule.ts";
import type { Values, Write } from "./writing.ts";

/**
 * Notes Alma's refusal of a contract or of another record: at the places of the caller's input, and naming the
 * contracts whose days overlap.
 */
export async function refuseAsAlma(
  write: Write,
  problems: readonly Problem[],
  place: (path: ArgumentPath) => ArgumentPath,
  { rentalObject, startDate, endDate }: Values,
  except?: number,
): Promise<void> {
  const overlaps = problems.some(({ code }) => code === "OVERLAP") && typeof rentalObject === "number";
  const period = { start: (startDate ?? null) as string | null, end: (endDate ?? null) as string | null };
  const names = overlaps ? await inTheWay(write, objectOf(write, rentalObject), period, except) : undefined;
  write.refuseAll(
    problems.map((problem) => (problem.code === "OVERLAP" ? naming(problem, names) : problem)),
    place,
  );
}

/** The refusal with the contracts in the way, if they are known. */
export function naming(problem: Problem, names: string | undefined): Problem {
  return names === undefined ? problem : { ...problem, message: `${problem.message} In the way: ${names}.` };
}
