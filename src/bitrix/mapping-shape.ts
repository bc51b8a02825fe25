import type { z } from "zod";
import { isJsonObject } from "./code.ts";
import type { JsonValue } from "./mapped.ts";
import { mappingFile } from "./mapping-file.ts";
import type { Path } from "./mapping-source.ts";

/** Something that is wrong in the form of a file, and the part of it that is left out for that. */
interface Complaint {
  readonly path: Path;
  readonly message: string;
  readonly part: Path;
}

/** What is wrong with a file's form, and the file without what is wrong; undefined if nothing can be left. */
export interface Shape {
  readonly rest: JsonValue | undefined;
  readonly complaints: readonly Complaint[];
  /** Tables that parts name which were left out. */
  readonly tables: ReadonlySet<unknown>;
}

/** Looks at a file's form: names, types, words. */
export function shapeOf(value: JsonValue): Shape {
  const parsed = mappingFile.safeParse(value);
  if (parsed.success) return { rest: value, complaints: [], tables: new Set() };
  const rest = structuredClone(value) as JsonValue;
  const complaints: Complaint[] = [];
  const tables = new Set<unknown>();
  for (const issue of parsed.error.issues) {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    const unknown = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : undefined;
    for (const place of unknown ?? [path]) {
      // An unknown name is left out alone: what stands beside it is still checked.
      const part = unknown ? place : partAround(place);
      complaints.push({ path: place, message: `${inWords(issue)}.`, part });
      const gone = cut(rest, part);
      if (isJsonObject(gone)) tables.add(gone.table);
    }
  }
  return { rest: mappingFile.safeParse(filled(rest)).success ? rest : undefined, complaints, tables };
}

/** The smallest part of a file that means something by itself: a row, a field's entry, a link, else a key. */
function partAround(path: Path): Path {
  const [first, , third] = path;
  if (first === "tables") return path.slice(0, 4);
  if (first !== "items") return path.slice(0, 1);
  return path.slice(0, third === "records" ? 5 : third === "links" ? 4 : 3);
}

/** Leaves a part out, and gives what it was. A row leaves a gap, so that those behind it keep their places. */
function cut(value: JsonValue, path: Path): JsonValue | undefined {
  const last = path.at(-1);
  let at: unknown = value;
  for (const step of path.slice(0, -1))
    at = typeof at === "object" && at !== null ? Reflect.get(at, step) : undefined;
  if (last === undefined || typeof at !== "object" || at === null) return undefined;
  const gone = Reflect.get(at, last) as JsonValue | undefined;
  if (Array.isArray(at)) at[Number(last)] = undefined;
  else Reflect.deleteProperty(at, last);
  return gone;
}

/** Without the gaps that cut rows leave. */
function filled(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (Array.isArray(one) ? one.filter((each) => each !== undefined) : one)),
  );
}

const names: Readonly<Record<string, string>> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
};

function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value")
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
  if (issue.code !== "invalid_type") return issue.message;
  const must = `must be ${names[issue.expected] ?? issue.expected}`;
  return issue.message.endsWith("undefined") ? `is missing; it ${must}` : must;
}
