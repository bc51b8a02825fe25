import type { Problem } from "../../alma/index.ts";
import type { CachedRecord } from "../../catalog/index.ts";
import { refPath } from "../write/error-path.ts";
import type { Write } from "../write/write.ts";
import { findEmailOwner } from "./client-email.ts";
import { describeConflictingContracts, rentalObjectOf } from "./conflicting-contracts.ts";
import { canSearchByEmail } from "./email-address.ts";
import { findReasons, mergeFields, type RefusalReason, type RefusedDraft } from "./refusal-reason.ts";

/**
 * Adds Alma's refusal of a create or an update to the write. Each problem gets its path in the caller's input. Its
 * message names the conflicting records: contracts whose days overlap, or the client with the same e-mail address. A
 * problem in words that `alma/` does not recognise is explained by Alma's records.
 */
export async function addDraftRefusal(refusedDraft: RefusedDraft): Promise<void> {
  const refused = { ...refusedDraft, problems: withoutEmailOracle(refusedDraft) };
  const { write, problems, mapPath, existing } = refused;
  const { rentalObject, startDate, endDate, email } = mergeFields(refused.fields, existing);
  const isEmailConflict = ({ code, path: [name = "email"] }: Problem) =>
    code === "NOT_UNIQUE" && name === "email" && write.kind === "client";
  const hasOverlap = problems.some(({ code }) => code === "OVERLAP") && typeof rentalObject === "number";
  const period = { start: (startDate ?? null) as string | null, end: (endDate ?? null) as string | null };
  const contracts = hasOverlap
    ? await describeConflictingContracts(write, rentalObjectOf(write, rentalObject), period, existing?.id)
    : undefined;
  const emailOwner = problems.some(isEmailConflict)
    ? await findEmailOwner(write, email, existing?.id)
    : undefined;
  const explanations = await explainByRecords(refused);
  write.addProblems(
    problems
      .filter((problem) => !explanations.has(problem))
      .map((problem) => {
        if (problem.code === "OVERLAP") return withConflicts(problem, contracts);
        return isEmailConflict(problem) ? withConflicts(problem, emailOwner) : problem;
      }),
    mapPath,
  );
  for (const { code, path, message } of explanations.values()) write.addUserError(code, path, message);
}

/**
 * The problems without those that may be about the e-mail address, if there are others and the caller may not search by
 * it: with a fault that keeps the write from being done, it could try addresses until one is refused.
 */
function withoutEmailOracle({ write, problems }: RefusedDraft): readonly Problem[] {
  if (write.kind !== "client" || canSearchByEmail(write.context)) return problems;
  const others = problems.filter(({ code, path: [name], isUnexplained }) =>
    name === undefined ? code !== "NOT_UNIQUE" && !isUnexplained : name !== "email",
  );
  return others.length > 0 ? others : problems;
}

/** For each problem in unrecognised words that Alma's records explain: the code, message and path. */
async function explainByRecords(
  refused: RefusedDraft,
): Promise<ReadonlyMap<Problem, Pick<RefusalReason, "code" | "message" | "path">>> {
  const unexplained = refused.problems.filter(({ isUnexplained }) => isUnexplained);
  if (unexplained.length === 0) return new Map();
  const reasons = await findReasons(refused);
  const explained = unexplained.flatMap((problem) => {
    const [field] = problem.path;
    // A reason about one field does not explain a problem with another.
    const reason = reasons.find(({ fields }) => field === undefined || fields.includes(String(field)));
    if (reason === undefined) return [];
    const path = field === undefined ? reason.path : refused.mapPath(problem.path);
    return [[problem, { code: reason.code, message: `${problem.message} ${reason.message}`, path }] as const];
  });
  return new Map(explained);
}

/**
 * Adds Alma's refusal of a block to the write, with the contracts that prevent it. Such contracts also explain a
 * refusal in unrecognised words or without a reason, such as a bare `false`.
 */
export async function addBlockRefusal(
  write: Write,
  record: CachedRecord,
  problems: readonly Problem[],
): Promise<void> {
  const mayBeOccupied = ({ code, isUnexplained }: Problem) => code === "OCCUPIED" || isUnexplained === true;
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
