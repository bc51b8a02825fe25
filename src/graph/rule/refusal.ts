import type { Outcome, Problem } from "../../alma/index.ts";
import { type CachedRecord, isArchived } from "../../catalog/index.ts";
import { bestEffort } from "../write/best-effort.ts";
import { refPath } from "../write/error-path.ts";
import type { Write } from "../write/write.ts";
import { describeConflictingContracts } from "./conflicting-contracts.ts";
import { canSearchByEmail } from "./email-address.ts";
import { findReasons, type RefusalReason, type RefusedDraft } from "./refusal-reason.ts";
import { overlapPath } from "./write-rules.ts";

/**
 * Adds Alma's refusal of a create or an update to the write. Each problem gets its path in the caller's input. Alma's
 * records explain a problem in words that `alma/` does not recognise, and name the record in the way of a value that is
 * taken and of overlapping dates, as far as the caller may search for it.
 */
export async function addDraftRefusal(refusedDraft: RefusedDraft): Promise<void> {
  const refused = { ...refusedDraft, problems: withoutEmailOracle(refusedDraft) };
  const { write, problems, mapPath } = refused;
  const reasons = problems.some(needsReason) ? await findReasons(refused) : [];
  const explained = new Map(problems.map((problem) => [problem, findReason(problem, reasons)] as const));
  const [, overlapField] = overlapPath(refused.fields);
  const withField = (problem: Problem) =>
    problem.code === "OVERLAP" && problem.path.length === 0 && overlapField !== undefined
      ? { ...problem, path: [overlapField] }
      : problem;
  write.addProblems(problems.filter((problem) => !explained.get(problem)).map(withField), mapPath);
  for (const [problem, reason] of explained) {
    if (!reason) continue;
    const path = problem.path.length === 0 ? reason.path : mapPath(problem.path);
    const message = problem.isUnexplained
      ? `${problem.message} ${reason.message}`
      : withConflicts(problem.message, reason.inTheWay);
    write.addUserError(reason.code, path, message);
  }
}

/**
 * The problems without those that may be about the e-mail address, if there are others and the caller may not search by
 * it: with a fault that keeps the write from being done, it could try addresses until one is refused.
 */
function withoutEmailOracle({ write, problems }: RefusedDraft) {
  if (write.kind !== "client" || canSearchByEmail(write.context)) return problems;
  const others = problems.filter(({ code, path: [name], isUnexplained }) =>
    name === undefined ? code !== "NOT_UNIQUE" && !isUnexplained : name !== "email",
  );
  return others.length > 0 ? others : problems;
}

const needsReason = ({ code, isUnexplained }: Problem) =>
  isUnexplained === true || code === "NOT_UNIQUE" || code === "OVERLAP";

/** The likeliest reason for a problem. A reason about one field does not explain a problem with another. */
function findReason(problem: Problem, reasons: readonly RefusalReason[]) {
  if (!needsReason(problem)) return undefined;
  const [field] = problem.path;
  return reasons.find(
    ({ code, fields }) =>
      (problem.isUnexplained || code === problem.code) &&
      (field === undefined || fields.includes(String(field))),
  );
}

/**
 * Adds Alma's refusal of a block to the write, with the contracts that prevent it. Such contracts also explain a
 * refusal in unrecognised words or without a reason, such as a bare `false`. Where there are none, the one documented
 * reason left is another block, which Alma does not show.
 */
export async function addBlockRefusal(
  write: Write,
  record: CachedRecord,
  { problems, status }: Extract<Outcome, { outcome: "refused" }>,
): Promise<void> {
  const mayBeOccupied = ({ code, isUnexplained }: Problem) =>
    code === "OCCUPIED" || code === "BLOCKED" || isUnexplained === true;
  const contracts = problems.some(mayBeOccupied)
    ? await describeConflictingContracts(write, record)
    : undefined;
  // A 403 may be about permissions, and a 404 about the record.
  const isBlock =
    contracts === "" && status !== 403 && status !== 404 && !(await isArchivedNow(write, record));
  const explain = (message: string) =>
    isBlock ? `${message} ${describeBlock(record)}` : contracts && withConflicts(message, contracts);
  write.addProblems(
    problems.map((problem) => {
      const message = mayBeOccupied(problem) && explain(problem.message);
      return message ? { ...problem, code: "OCCUPIED", message } : problem;
    }),
    refPath,
  );
}

/** Whether a record is archived, or cannot be read. */
async function isArchivedNow(write: Write, record: CachedRecord) {
  const current = await bestEffort(() => write.readNow(record));
  return !current || isArchived(current);
}

function describeBlock({ kind, key }: CachedRecord) {
  const object = kind === "unit" ? `${key}, or a room of it,` : key;
  return (
    `No active or planned contract is in the way, so that ${object} is blocked already, from today or from a later day. ` +
    "Alma does not show blocks; unblocking removes those without an end and those that start today."
  );
}

function withConflicts(message: string, conflicts: string) {
  return `${message} In the way: ${conflicts}.`;
}
