import { unaskable } from "../alma/index.ts";
import type { ArgumentPath } from "./user-error.ts";
import type { WriteSpec } from "./write-spec.ts";
import type { Values, Write } from "./writing.ts";

/** The most pictures that one write attaches or detaches: Alma takes them all in one call. */
const MOST_PHOTOS = 200;

/** Notes what can be true of no record, in the values of an input. `before` has values that the input leaves alone. */
export function checkValues(write: Write, spec: WriteSpec, input: Values, before: Values = {}): void {
  checkExternalId(write, input.externalId);
  for (const name of spec.notNegative ?? []) {
    if (isGiven(input[name]) && Number(input[name]) < 0)
      write.refuse("INVALID", ["input", name], `${input[name]} is below 0; this cannot be.`);
  }
  for (const name of spec.ids ?? []) checkId(write, input[name], ["input", name]);
  for (const [first, last] of spec.periods ?? []) checkPeriod(write, first, last, input, before);
  const { photos } = input;
  if (Array.isArray(photos)) checkPhotos(write, photos, ["input", "photos"]);
  else if (isGiven(photos)) {
    for (const [part, ids] of Object.entries(photos as Values))
      if (Array.isArray(ids)) checkPhotos(write, ids, ["input", "photos", part]);
  }
}

function checkExternalId(write: Write, value: unknown): void {
  if (typeof value !== "string") return;
  const fault = value.trim() === "" ? "it is empty" : unaskable(value);
  if (fault !== undefined) {
    const message = `${JSON.stringify(value)} cannot be a Bitrix id: ${fault}, so that the record could not be found by it.`;
    write.refuse("INVALID", ["input", "externalId"], message);
  }
}

function checkPeriod(write: Write, first: string, last: string, input: Values, before: Values): void {
  if (input[first] === undefined && input[last] === undefined) return;
  const start = input[first] === undefined ? before[first] : input[first];
  const end = input[last] === undefined ? before[last] : input[last];
  if (typeof start !== "string" || typeof end !== "string" || end >= start) return;
  const message = `It would end on ${end}, before it starts on ${start}. Mend ${first} or ${last}.`;
  write.refuse("INVALID", ["input", isGiven(input[last]) ? last : first], message);
}

function checkPhotos(write: Write, ids: readonly unknown[], path: ArgumentPath): void {
  if (ids.length > MOST_PHOTOS) {
    const message = `${ids.length} pictures are too many for one write; give ${MOST_PHOTOS} at most.`;
    write.refuse("INVALID", path, message);
    return;
  }
  for (const [index, id] of ids.entries()) {
    checkId(write, id, [...path, index]);
    if (ids.indexOf(id) < index) write.refuse("INVALID", [...path, index], `${id} is given twice.`);
  }
}

function checkId(write: Write, value: unknown, path: ArgumentPath): void {
  if (typeof value === "number" && value < 1)
    write.refuse("INVALID", path, `${value} is no id of Alma's; those are whole numbers from 1.`);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
