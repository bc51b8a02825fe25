import type { Problem } from "../../alma/index.ts";
import type { ArgumentPath } from "../write/user-error.ts";
import type { InputFields, Write } from "../write/write.ts";
import { findEmailOwner } from "./client-email.ts";
import { describeConflictingContracts, rentalObjectOf } from "./conflicting-contracts.ts";

/**
 * Notes why Alma refuses to create or change a record: each problem at its place in the caller's input, and naming what
 * is in the way: the contracts whose days overlap, or the client that has the e-mail address. `values` are those that
 * were sent, and of a change also those that stay; `except` is the record that is being changed.
 */
export async function addAlmaProblems(
  write: Write,
  problems: readonly Problem[],
  mapPath: (path: ArgumentPath) => ArgumentPath,
  fields: InputFields,
  exceptId?: number,
): Promise<void> {
  const { rentalObject, startDate, endDate, email } = fields;
  const isEmailConflict = ({ code, path: [name = "email"] }: Problem) =>
    code === "NOT_UNIQUE" && name === "email" && write.kind === "client";
  const hasOverlap = problems.some(({ code }) => code === "OVERLAP") && typeof rentalObject === "number";
  const period = { start: (startDate ?? null) as string | null, end: (endDate ?? null) as string | null };
  const conflicts = hasOverlap
    ? await describeConflictingContracts(write, rentalObjectOf(write, rentalObject), period, exceptId)
    : undefined;
  const emailOwner = problems.some(isEmailConflict)
    ? await findEmailOwner(write, email, exceptId)
    : undefined;
  write.addProblems(
    problems.map((problem) => {
      if (problem.code === "OVERLAP") return withConflicts(problem, conflicts);
      return isEmailConflict(problem) ? withConflicts(problem, emailOwner) : problem;
    }),
    mapPath,
  );
}

/** The refusal with the records in the way, if they are known. */
export function withConflicts(problem: Problem, conflicts: string | undefined): Problem {
  return conflicts === undefined
    ? problem
    : { ...problem, message: `${problem.message} In the way: ${conflicts}.` };
}
