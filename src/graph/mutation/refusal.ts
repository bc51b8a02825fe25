import type { Problem } from "../../alma/index.ts";
import type { CachedRecord } from "../../catalog/index.ts";
import { type PathMapper, refPath } from "../write/error-path.ts";
import type { InputFields, Write } from "../write/write.ts";
import { findEmailOwner } from "./client-email.ts";
import { describeConflictingContracts, rentalObjectOf } from "./conflicting-contracts.ts";

/** What Alma refused to create or to change. */
export interface RefusedDraft {
  readonly problems: readonly Problem[];
  readonly mapPath: PathMapper;
  /** The fields that were sent and, for an update, those that it leaves alone. */
  readonly fields: InputFields;
  /** The id of the record that an update changes: it does not conflict with itself. */
  readonly exceptId?: number;
}

/**
 * Adds Alma's refusal of a create or an update to the write. Each problem gets its path in the caller's input, and its
 * message names the records that it conflicts with: contracts whose days overlap, or the client with the same e-mail
 * address.
 */
export async function addDraftRefusal(
  write: Write,
  { problems, mapPath, fields, exceptId }: RefusedDraft,
): Promise<void> {
  const { rentalObject, startDate, endDate, email } = fields;
  const isEmailConflict = ({ code, path: [name = "email"] }: Problem) =>
    code === "NOT_UNIQUE" && name === "email" && write.kind === "client";
  const hasOverlap = problems.some(({ code }) => code === "OVERLAP") && typeof rentalObject === "number";
  const period = { start: (startDate ?? null) as string | null, end: (endDate ?? null) as string | null };
  const contracts = hasOverlap
    ? await describeConflictingContracts(write, rentalObjectOf(write, rentalObject), period, exceptId)
    : undefined;
  const emailOwner = problems.some(isEmailConflict)
    ? await findEmailOwner(write, email, exceptId)
    : undefined;
  write.addProblems(
    problems.map((problem) => {
      if (problem.code === "OVERLAP") return withConflicts(problem, contracts);
      return isEmailConflict(problem) ? withConflicts(problem, emailOwner) : problem;
    }),
    mapPath,
  );
}

/**
 * Adds Alma's refusal of a block to the write, with the contracts that prevent it. If there are any, they also explain
 * a refusal without a reason, such as a bare `false`.
 */
export async function addBlockRefusal(
  write: Write,
  record: CachedRecord,
  problems: readonly Problem[],
): Promise<void> {
  const mayBeOccupied = ({ code }: Problem) => code === "OCCUPIED" || code === "REJECTED";
  const contracts = problems.some(mayBeOccupied)
    ? await describeConflictingContracts(write, record)
    : undefined;
  write.addProblems(
    problems.map((problem) =>
      contracts !== undefined && mayBeOccupied(problem)
        ? withConflicts({ ...problem, code: "OCCUPIED" }, contracts)
        : problem,
    ),
    refPath,
  );
}

function withConflicts(problem: Problem, conflicts: string | undefined): Problem {
  return conflicts === undefined
    ? problem
    : { ...problem, message: `${problem.message} In the way: ${conflicts}.` };
}
