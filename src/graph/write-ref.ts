import type { Ref } from "../alma/index.ts";
import type { Entry } from "../catalog/index.ts";
import { EXISTS } from "../catalog/index.ts";
import { type Named, parseRef, type RefInput } from "./ref.ts";
import { isOfType, kindOf, lookUp } from "./resolve-ref.ts";
import type { ArgumentPath } from "./user-error.ts";
import type { Target, WriteSpec } from "./write-spec.ts";
import type { Values, Write } from "./writing.ts";

/** The ids of the records that an input names, by field; what names nothing is noted in the write and left out. */
export async function resolveInputRefs(
  write: Write,
  spec: WriteSpec,
  input: Values,
): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  await Promise.all(
    Object.entries(spec.refs ?? {}).map(async ([name, { types, check }]) => {
      const given = input[name];
      if (given === undefined || given === null) return;
      const path = ["input", name];
      const named = readRef(write, given as RefInput, path, types);
      if (!named) return;
      const target = await findTarget(write, named, path, named.types.length < types.length);
      if (!target) return;
      await check?.(write, target, path);
      found[name] = target.id;
    }),
  );
  return found;
}

/** Reads a ref; undefined, and noted in the write, if it cannot name a record of these types. */
export function readRef<T extends string>(
  write: Write,
  input: RefInput,
  path: ArgumentPath,
  types: readonly [T, ...T[]],
): Named<T> | undefined {
  const parsed = parseRef(input, types);
  if (!("fault" in parsed)) return parsed;
  write.refuse("INVALID", path, parsed.fault);
  return undefined;
}

/**
 * The record that is to be changed: by a Bitrix id as Alma looks it up for this write, or in a dry run has not long
 * ago. All is decided on this record, and Alma is told its own id: by the Bitrix id it would choose once more.
 * Undefined, and noted in the write, if there is none. Throws AlmaError.
 */
export async function findOwn(write: Write, { ref, types }: Named<string>): Promise<Entry | undefined> {
  if ("externalId" in ref) {
    const found = await write.lookUp(ref.externalId);
    return found ?? absent(write, ["ref"], types, ref);
  }
  const entry = write.reading.catalog.store.entry(write.kind, ref.id);
  if (!write.dryRun || (await confirm(write, { id: ref.id, entry }))) return entry;
  return absent(write, ["ref"], types, ref);
}

/**
 * Another record that a ref in an input names: by a Bitrix id it is looked up, by an Alma id it is taken as it is,
 * except in a dry run, and if its type is a choice among several (`isNarrowed`), which Alma does not look at.
 * Undefined, and noted in the write, if there is none. Throws AlmaError.
 */
async function findTarget(
  write: Write,
  { ref, types }: Named<string>,
  path: ArgumentPath,
  isNarrowed: boolean,
): Promise<Target | undefined> {
  const { reading } = write;
  if ("externalId" in ref) {
    const entry = await lookUp(reading, ref.externalId, types);
    return entry ? { id: entry.id, entry } : absent(write, path, types, ref);
  }
  const target = targetOf(write, ref.id, types);
  const fits = !isNarrowed || (await isOfType(reading, types, ref.id));
  if (fits && (!write.dryRun || (await confirm(write, target)))) return target;
  return absent(write, path, types, ref);
}

function targetOf({ reading }: Write, id: number, types: readonly string[]): Target {
  const { store } = reading.catalog;
  const [type] = types;
  const entry =
    type !== undefined && types.length === 1 ? store.entry(kindOf(type), id) : store.rentalObject(id);
  return entry ? { id, entry } : { id };
}

/** The record itself, if Alma has it; of a rental object it becomes known of which kind it is. Throws AlmaError. */
export function confirm({ reading }: Write, { id, entry }: Target): Promise<Entry | undefined> {
  return reading.load({ record: entry ?? { rentalObject: id }, level: EXISTS, cutoff: reading.work.named });
}

function absent(write: Write, path: ArgumentPath, types: readonly string[], ref: Ref): undefined {
  const type = types.map((one) => one.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim());
  const what = "id" in ref ? `the Alma id ${ref.id}` : `the Bitrix id ${JSON.stringify(ref.externalId)}`;
  const message = `Alma has no ${type.join(" or ")} with ${what}. Correct it, or create the record first.`;
  write.refuse("NOT_FOUND", path, message);
  return undefined;
}
