import { type AcceptedType, draftFields, externalIdProblem } from "../../alma/index.ts";
import { MalformedValue } from "../argument/malformed.ts";
import type { ArgumentPath } from "../write/user-error.ts";
import type { InputFields, Write } from "../write/write.ts";

type ErrorSink = Pick<Write, "addUserError">;

/** Types accepted as numbers. No number may be negative. */
const NUMBERS: readonly string[] = ["whole", "number", "decimal"] satisfies AcceptedType[];

/** Pairs of dates; the second must not be before the first. */
const PERIODS = [
  ["startDate", "endDate"],
  ["pmlStartDate", "pmlEndDate"],
] as const;

/** The maximum number of photos in a create, and of those that an update adds or removes. All are sent in one call. */
const MAX_PHOTOS = 200;

/**
 * Adds a user error for each value that no record can have, such as a negative price or an end before its start.
 * `existing` provides the fields that the input omits.
 */
export function checkInput(
  write: ErrorSink & Pick<Write, "kind">,
  input: InputFields,
  existing: InputFields = {},
): void {
  for (const name of ["externalId", "additionalExternalId"]) {
    const value = input[name];
    const reason = typeof value === "string" ? externalIdProblem(value) : undefined;
    if (reason === undefined) continue;
    const message = `${JSON.stringify(value).slice(0, 60)} cannot be a Bitrix id: ${reason}, so no lookup could find the record by it.`;
    write.addUserError("INVALID", ["input", name], message);
  }
  for (const { name, accepts } of draftFields(write.kind).values()) {
    if (accepts === "file" || accepts === "record") checkId(write, input[name], ["input", name]);
    else if (NUMBERS.includes(accepts) && Number(input[name] ?? 0) < 0)
      write.addUserError("INVALID", ["input", name], `${input[name]} is below 0; send 0 or more.`);
  }
  for (const [startField, endField] of PERIODS) {
    if (input[startField] === undefined && input[endField] === undefined) continue;
    const [start, end] = [startField, endField].map((name) =>
      input[name] === undefined ? existing[name] : input[name],
    );
    if (typeof start !== "string" || typeof end !== "string" || end >= start) continue;
    const message = `It would end on ${end}, before it starts on ${start}. Correct ${startField} or ${endField}.`;
    write.addUserError("INVALID", ["input", input[endField] != null ? endField : startField], message);
  }
  const { photos } = input;
  if (Array.isArray(photos)) checkPhotos(write, photos, ["input", "photos"]);
  else if (photos != null) {
    for (const [action, ids] of Object.entries(photos as InputFields))
      if (Array.isArray(ids)) checkPhotos(write, ids, ["input", "photos", action]);
  }
}

/** Returns an argument without its malformed values, and adds a user error for each. */
export function withoutMalformed(write: ErrorSink, input: InputFields, argument = "input"): InputFields {
  const entries = Object.entries(input);
  for (const [name, value] of entries)
    if (value instanceof MalformedValue) write.addUserError("INVALID", [argument, name], value.message);
  return Object.fromEntries(entries.filter(([, value]) => !(value instanceof MalformedValue)));
}

function checkPhotos(write: ErrorSink, ids: readonly unknown[], path: ArgumentPath) {
  if (ids.length > MAX_PHOTOS) {
    const message = `${ids.length} pictures are too many for one write; give ${MAX_PHOTOS} at most.`;
    write.addUserError("INVALID", path, message);
    return;
  }
  for (const [index, id] of ids.entries()) {
    checkId(write, id, [...path, index]);
    if (ids.indexOf(id) < index) write.addUserError("INVALID", [...path, index], `${id} is given twice.`);
  }
}

function checkId(write: ErrorSink, value: unknown, path: ArgumentPath) {
  if (typeof value === "number" && value < 1)
    write.addUserError("INVALID", path, `${value} is not an Alma id; those are whole numbers from 1.`);
}
