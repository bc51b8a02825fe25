import { draftFields, type Problem } from "../../alma/index.ts";
import type { Kind } from "../../catalog/index.ts";
import type { MutationResult } from "./mutation-result.ts";
import { type PathMapper, toUserError, type UserError, userError } from "./user-error.ts";

/** The order of the arguments in errors. */
const ARGUMENTS = [undefined, "ref", "input", "expected"];

/** Creates the list of user errors of one write. A write with user errors is not sent. */
export function createErrorList(kind: Kind) {
  const errors: UserError[] = [];
  return {
    /** Adds a reason for not performing the write. */
    addUserError(...error: Parameters<typeof userError>) {
      errors.push(userError(...error));
    },
    /** Adds problems found by Alma or its client. A field that already has an error gets no second one. */
    addProblems(problems: readonly Problem[], mapPath: PathMapper) {
      const earlierFields = new Set(errors.map(({ field }) => field?.slice(0, 2).join(".")));
      for (const problem of problems) {
        const error = toUserError(problem, mapPath);
        if (error.field === null || !earlierFields.has(error.field.slice(0, 2).join("."))) errors.push(error);
      }
    },
    /** Returns whether there is a reason not to perform the write. */
    hasUserErrors: () => errors.length > 0,
    /**
     * Returns the result of a write that was not performed, with the user errors. `id`: the record, if it exists.
     * `earlier`: the result of an earlier sending, which remains unknown.
     */
    finishNotDone: (id?: number, earlier?: MutationResult): MutationResult => ({
      id,
      userErrors: [
        ...(earlier?.userErrors.filter(({ code }) => code === "OUTCOME_UNKNOWN") ?? []),
        ...inOrder(errors, kind),
      ],
      isWritten: false,
    }),
  };
}

/** Returns errors in the order of the arguments, whichever was found first. Errors of the whole write come first. */
function inOrder(errors: readonly UserError[], kind: Kind) {
  const fields = [undefined, ...draftFields(kind).keys()];
  const placeOf = ({ field }: UserError) =>
    ARGUMENTS.indexOf(field?.[0]) * fields.length + fields.indexOf(field?.[1]);
  return errors.toSorted((one, other) => placeOf(one) - placeOf(other));
}
