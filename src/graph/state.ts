import type { Outcome, Problem } from "../alma/index.ts";
import { DETAIL, type Entry, type Known } from "../catalog/index.ts";
import { type Impact, impactOf, type StateVerb } from "./impact.ts";
import { inTheWay } from "./in-the-way.ts";
import { findOut, type LostWrite } from "./lost-answer.ts";
import type { Named } from "./ref.ts";
import { naming } from "./refused.ts";
import { findOwn } from "./write-ref.ts";
import type { Result, Write } from "./writing.ts";

/** The verb, and whether its impact is asked for. */
export interface StateChange {
  readonly verb: StateVerb;
  readonly withImpact: boolean;
}

const NOTE =
  "Alma has taken it. Its statuses follow by its own clock, so that `status` may still be what it was: a blocked unit or " +
  "room takes no contract all the same, and one that is unblocked may still seem blocked for a while.";

/**
 * Archives, unarchives, blocks or unblocks a unit or a room (Alma: Apartments and Units, PATCH archive and block). What
 * it takes along is worked out before, if somebody asks for it. Throws AlmaError if nothing was done for a reason that
 * the caller cannot mend.
 */
export async function changeState(
  write: Write,
  named: Named<string> | undefined,
  change: StateChange,
): Promise<Result> {
  const entry = named && (await findOwn(write, named));
  if (!entry) return write.notDone();
  const go = () => changeOne(write, entry, change);
  return write.dryRun ? go() : write.writing.locks.hold([entry.key], go);
}

async function changeOne(write: Write, entry: Entry, { verb, withImpact }: StateChange): Promise<Result> {
  const more = withImpact ? await foresee(write, entry, verb) : undefined;
  if (write.refused) return write.notDone();
  if (write.dryRun) {
    if (verb === "block") await foreseeObstacles(write, entry);
    return { ...write.notDone(entry.id), ...more };
  }
  write.context.checkTime();
  const outcome = await send(write, entry, verb);
  return { ...(await conclude(write, entry, verb, outcome)), ...more };
}

/** The impact, worked out completely before anything is sent; one that cannot be worked out costs its own field. */
async function foresee(
  write: Write,
  entry: Entry,
  verb: StateVerb,
): Promise<{ readonly impact: Promise<Impact> } | undefined> {
  const { reading } = write;
  const record = await reading.load({ record: entry, level: DETAIL, cutoff: reading.work.named });
  if (!record) {
    write.refuse("NOT_FOUND", ["ref"], `Alma has no ${entry.key}. Correct the ref.`);
    return undefined;
  }
  const impact = impactOf(reading, entry, verb);
  await impact.catch(() => {});
  // In an object, since a promise in a promise would be waited for, and its failure with it.
  return { impact };
}

async function foreseeObstacles(write: Write, entry: Entry): Promise<void> {
  const names = await inTheWay(write, entry);
  if (names === undefined) return;
  const message = `${entry.key} cannot be blocked while it, or a room of it, has active or planned rent contracts: ${names}.`;
  write.refuse("OCCUPIED", ["ref"], message);
}

function send({ resource, options }: Write, { id }: Entry, verb: StateVerb): Promise<Outcome> {
  const { archive, block } = resource;
  if (!archive || !block) throw new Error("Only units and rooms are archived and blocked.");
  if (verb === "archive" || verb === "unarchive") return archive({ id }, verb === "archive", options);
  return block({ id }, verb === "block", options);
}

async function conclude(write: Write, entry: Entry, verb: StateVerb, outcome: Outcome): Promise<Result> {
  const written = { verb, id: entry.id };
  const isBlock = verb === "block" || verb === "unblock";
  switch (outcome.outcome) {
    case "not-done":
      throw outcome.error;
    case "done":
      return { ...write.done(entry.id, written), ...(isBlock && { note: NOTE }) };
    case "refused": {
      const isAbsent = outcome.status === 404;
      const problems = verb === "block" ? await named(write, entry, outcome.problems) : outcome.problems;
      // There is nothing else in the call that could be to blame.
      write.refuseAll(
        problems.map((problem) => ({ ...problem, path: ["ref"] })),
        (path) => path,
      );
      return write.notDone(isAbsent ? undefined : entry.id);
    }
    case "lost":
      return isBlock
        ? write.unknown(entry.id, written, unknownBlock(entry, verb))
        : findOut(write, { written, sentAt: outcome.sentAt, ...lostArchiving(write, entry, verb) });
  }
}

/**
 * A refusal to block, with the contracts for which it is refused; a bare `false` says nothing, but they may explain it.
 */
async function named(write: Write, entry: Entry, problems: readonly Problem[]): Promise<readonly Problem[]> {
  const vague = (code: Problem["code"]) => code === "OCCUPIED" || code === "REJECTED";
  if (!problems.some(({ code }) => vague(code))) return problems;
  const names = await inTheWay(write, entry);
  if (names === undefined) return problems;
  return problems.map((problem) =>
    vague(problem.code) ? naming({ ...problem, code: "OCCUPIED" }, names) : problem,
  );
}

function unknownBlock({ key }: Entry, verb: StateVerb): string {
  const again =
    verb === "block"
      ? "Sending it again does no harm: Alma refuses a second block, or makes one that changes nothing."
      : "Sending it again does no harm.";
  return `${key} was to be ${verb}ed, but the answer was lost, and Alma does not show blocks: nobody can tell whether it was done. ${again}`;
}

/** An archiving, or its opposite, that was done shows in the record. */
function lostArchiving(write: Write, record: Entry, verb: StateVerb): Pick<LostWrite, "look" | "unknown"> {
  const asked = verb === "archive";
  return {
    async look() {
      const now = write.fresh();
      const entry = await now.load({ record, level: DETAIL, cutoff: now.work.named });
      return (entry?.value as Known<"unit"> | undefined)?.isArchived === asked ? record.id : undefined;
    },
    unknown:
      `${record.key} was to be ${verb}d, but the answer was lost, and Alma shows it as before. Look at it again ` +
      "in a moment; sending it again does no harm.",
  };
}
