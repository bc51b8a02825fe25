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
      const isNarrowed = named && named.types.length < types.length;
      const target = named && (await findTarget(write, named, path, isNarrowed));
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
 * The record that a ref names: by a Bitrix id it is looked up, by an Alma id it is taken as it is, except in a dry
 * run, and if its type is a choice among several (`isNarrowed`), which Alma does not look at. Undefined, and noted in
 * the write, if there is none. Throws AlmaError.
 */
export async function findTarget(
  write: Write,
  { ref, types }: Named<string>,
  path: ArgumentPath,
  isNarrowed = false,
): Promise<Target | undefined> {
  const { reading } = write;
  if ("externalId" in ref) {
    const entry = await lookUp(reading, ref.externalId, types);
    if (entry) return { id: entry.id, entry };
    return absent(write, path, types, `the Bitrix id ${JSON.stringify(ref.externalId)}`);
  }
  const target = targetOf(write, ref.id, types);
  const fits = !isNarrowed || (await isOfType(reading, types, ref.id));
  if (fits && (!write.dryRun || (await confirm(write, target)))) return target;
  return absent(write, path, types, `the Alma id ${ref.id}`);
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

function absent(write: Write, path: ArgumentPath, types: readonly string[], what: string): undefined {
  const type = types.map((one) => one.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim());
  const message = `Alma has no ${type.join(" or ")} with ${what}. Correct it, or create the record first.`;
  write.refuse("NOT_FOUND", path, message);
  return undefined;
}
