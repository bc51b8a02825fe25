import type { AlmaError } from "../alma/index.ts";
import { maySearchByEmail } from "./email.ts";
import { explanation } from "./explanation.ts";
import { type Found, fits } from "./identity.ts";
import { lookAgain } from "./look-again.ts";
import { findOut, type LostWrite } from "./lost-answer.ts";
import { refuseAsAlma } from "./refused.ts";
import type { ArgumentPath } from "./user-error.ts";
import { resolveInputRefs } from "./write-ref.ts";
import type { WriteSpec } from "./write-spec.ts";
import { checkValues } from "./write-value.ts";
import type { Result, Values, Write } from "./writing.ts";

type Ids = Readonly<Record<string, number>>;

/** Stands for the id of a record that is yet to be made. It is never sent. */
const ANY_ID = 1;

/**
 * Creates a record, once. Creates of the same record are one at a time; each looks first whether it is there. What
 * became of a POST without an answer is found out by looking; it is never sent again. Throws AlmaError if nothing was
 * done for a reason that the caller cannot mend. `unmade` are fields whose records a dry run takes as given.
 */
export async function create(
  write: Write,
  spec: WriteSpec,
  input: Values,
  unmade: readonly string[] = [],
): Promise<Result> {
  checkValues(write, spec, input);
  const parents = await resolveInputRefs(write, spec, input);
  const given = Object.fromEntries(unmade.map((field) => [field, ANY_ID]));
  const draft = draftOf(write, spec, input, { ...parents, ...given });
  write.refuseAll(write.resource.checkDraft(draft), placeOf(draft));
  if (write.refused) return write.notDone();
  if (write.dryRun) return tryOut(write, spec, draft, unmade.length > 0);
  return write.writing.locks.hold(spec.identity.keys(draft), () => createFirst(write, spec, draft, parents));
}

/** The draft that Alma's client takes: ids for refs, a set for photos, defaults for what is left out. */
function draftOf({ writing }: Write, spec: WriteSpec, input: Values, parents: Ids): Values {
  const given = Object.entries(input).filter(
    ([name, value]) => value != null && spec.refs?.[name] === undefined,
  );
  const { photos, ...values } = Object.fromEntries(given);
  return {
    ...spec.defaults?.(writing),
    ...values,
    ...parents,
    ...(photos !== undefined && { photos: { add: photos as number[] } }),
  };
}

/** A create's photos are a plain list. */
function placeOf(draft: Values): (path: ArgumentPath) => ArgumentPath {
  return ([name, ...inside]) => [
    "input",
    name ?? "",
    ...(name === "photos" && draft.photos ? inside.slice(1) : inside),
  ];
}

async function tryOut(write: Write, spec: WriteSpec, draft: Values, isFirst: boolean): Promise<Result> {
  const inPlace = await lookFirst(write, spec, draft);
  if (inPlace) return inPlace;
  // Nothing is in the way on a record that is yet to be made.
  if (!isFirst) await spec.foresee?.(write, draft);
  return write.notDone();
}

/** The end of a create whose record is there, or must not be; undefined if it is to be made. */
async function lookFirst(write: Write, spec: WriteSpec, draft: Values): Promise<Result | undefined> {
  const found = await spec.identity.find(write.fresh(), draft);
  if (!found) return undefined;
  if ("entry" in found) return exists(write, found);
  write.refuse(found.code, ["input", found.at], found.message);
  return write.notDone();
}

async function createFirst(write: Write, spec: WriteSpec, draft: Values, parents: Ids): Promise<Result> {
  const inPlace = await lookFirst(write, spec, draft);
  if (inPlace) return inPlace;
  write.context.checkTime();
  const outcome = await write.resource.create(draft, write.options);
  const written = { verb: "create" as const, parents };
  if (outcome.outcome === "not-done") throw outcome.error;
  if (outcome.outcome === "lost") {
    const { error, sentAt } = outcome;
    return findOut(write, { written, sentAt, ...lostCreate(write, spec, draft, error) });
  }
  if (outcome.outcome === "done") {
    if (outcome.id !== undefined) return write.done(outcome.id, written);
    // Whether an answer has an id is not documented; then the record is found as after a lost one.
    write.wrote(written);
    const { clock } = write.context.catalog;
    const id = await lookAgain(clock, clock() + write.writing.patience, () => searchOwn(write, spec, draft));
    return { userErrors: [], sent: true, ...(id !== undefined && { id }) };
  }
  // Somebody else, or an attempt before this one, may have created it since the look.
  const taken = outcome.problems.some(({ code }) => code === "NOT_UNIQUE" || code === "OVERLAP");
  const other = taken ? await explanation(() => spec.identity.search(write.fresh(), draft)) : undefined;
  // Whose an address is, is not for everybody to know: then there is only Alma's refusal of it.
  if (other && (other.by !== "email" || maySearchByEmail(write))) return exists(write, other);
  await refuseAsAlma(write, outcome.problems, placeOf(draft), draft);
  return write.notDone();
}

/** The record that a create has made, by every way to find it. */
async function searchOwn(write: Write, spec: WriteSpec, draft: Values): Promise<number | undefined> {
  const found = await spec.identity.search(write.fresh(), draft);
  return found && fits(found, draft) ? found.entry.id : undefined;
}

/** A create that was done shows by the record being there. */
function lostCreate(
  write: Write,
  spec: WriteSpec,
  draft: Values,
  error: AlmaError,
): Pick<LostWrite, "look" | "foresee" | "unknown"> {
  const seconds = write.writing.patience / 1000;
  return {
    async look(everywhere) {
      if (everywhere) return searchOwn(write, spec, draft);
      const found = await spec.identity.find(write.fresh(), draft);
      return found && "entry" in found ? found.entry.id : undefined;
    },
    foresee: async () => spec.foresee?.(write, draft),
    unknown:
      `The create was sent, but its answer was lost, and Alma does not show the record so far (${error.code}). Wait ` +
      `${seconds} s before you send the same create again: the gateway first looks by ${spec.identity.field(draft)} ` +
      "whether it is there, but if Alma is still carrying out the first one by then, the record may be made twice.",
  };
}

function exists(write: Write, { entry: { id, key }, by }: Found): Result {
  const message = `${key} has this ${by} already, so that nothing was created. Use it, or change it by an update.`;
  write.refuse("ALREADY_EXISTS", ["input", by], message);
  return write.notDone(id);
}
