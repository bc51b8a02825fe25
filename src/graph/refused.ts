import type { Problem } from "../alma/index.ts";
import { clientInTheWay } from "./email.ts";
import { inTheWay, objectOf } from "./in-the-way.ts";
import type { ArgumentPath } from "./user-error.ts";
import type { Values, Write } from "./writing.ts";

/**
 * Notes why Alma refuses to create or change a record: each problem at its place in the caller's input, and naming what
 * is in the way: the contracts whose days overlap, or the client that has the e-mail address. `values` are those that
 * were sent, and of a change also those that stay; `except` is the record that is being changed.
 */
export async function refuseAsAlma(
  write: Write,
  problems: readonly Problem[],
  place: (path: ArgumentPath) => ArgumentPath,
  values: Values,
  except?: number,
): Promise<void> {
  const { rentalObject, startDate, endDate, email } = values;
  const isEmail = ({ code, path: [name = "email"] }: Problem) =>
    code === "NOT_UNIQUE" && name === "email" && write.kind === "client";
  const overlaps = problems.some(({ code }) => code === "OVERLAP") && typeof rentalObject === "number";
  const period = { start: (startDate ?? null) as string | null, end: (endDate ?? null) as string | null };
  const contracts = overlaps
    ? await inTheWay(write, objectOf(write, rentalObject), period, except)
    : undefined;
  const client = problems.some(isEmail) ? await clientInTheWay(write, email, except) : undefined;
  write.refuseAll(
    problems.map((problem) => {
      if (problem.code === "OVERLAP") return naming(problem, contracts);
      return isEmail(problem) ? naming(problem, client) : problem;
    }),
    place,
  );
}

/** The refusal with the records in the way, if they are known. */
export function naming(problem: Problem, names: string | undefined): Problem {
  return names === undefined ? problem : { ...problem, message: `${problem.message} In the way: ${names}.` };
}
