import { WrongBody } from "./bitrix-body.ts";

/** A form's fields by name; what has brackets in its name has fields inside. Lists have the names 0, 1, 2. */
export type Form = Map<string, FormValue>;
export type FormValue = string | Form;

const mostFields = 5_000;
const deepest = 10;
const longestName = 500;

/** Fields by which Bitrix says who it is: they are good for writing to the portal and are not even read. */
const credentials = new Set(
  ["auth", "AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "APP_SID", "member_id", "event_token"].concat([
    "access_token",
    "refresh_token",
    "application_token",
  ]),
);
const dangerous = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Reads a body of `application/x-www-form-urlencoded` whose names have brackets as PHP writes them:
 * `data[FIELDS][ID]=12`, `document_id[]=crm`. Credentials are left out. Throws WrongBody for more fields or brackets
 * than any webhook has, and for a field that is there twice.
 */
export function readForm(text: string): Form {
  // Counted before it is taken apart: a few megabytes can hold a million fields.
  let count = 1;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1)) count += 1;
  if (count > mostFields) {
    throw new WrongBody(`The form has ${count} fields; ${mostFields} are allowed. Send large items as JSON.`);
  }
  const form: Form = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const path = pathOf(name);
    if (!credentials.has(path[0] as string)) put(form, path, value, name);
  }
  return form;
}

/** A value as JSON would have it: a list for fields that are numbered from 0. */
export function plainOf(value: FormValue): unknown {
  if (typeof value === "string") return value;
  const numbered = [...value.keys()].every((name, index) => name === String(index));
  if (numbered) return [...value.values()].map(plainOf);
  return Object.fromEntries([...value].map(([name, inner]) => [name, plainOf(inner)]));
}

/** A field by the names that lead to it, if it is a text. */
export function textAt(form: Form, ...path: readonly string[]): string | undefined {
  let value: FormValue | undefined = form;
  for (const name of path) value = typeof value === "object" ? value.get(name) : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `data[FIELDS][ID]` → data, FIELDS, ID. A name with other brackets is taken as it is. */
function pathOf(name: string): readonly string[] {
  if (name.length > longestName) throw new WrongBody(`The form has a name of ${name.length} characters.`);
  const [, root, brackets] = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name) ?? [];
  if (root === undefined || brackets === undefined) return [name];
  return [root, ...brackets.slice(1, -1).split("][")];
}

function put(form: Form, path: readonly string[], value: string, name: string): void {
  if (path.length > deepest) throw new WrongBody(`${shown(name)} has more than ${deepest - 1} brackets.`);
  if (path.some((each) => dangerous.has(each)))
    throw new WrongBody(`${shown(name)} is no name of a field. Leave it out.`);
  let at = form;
  for (const [index, each] of path.entries()) {
    // Empty brackets are the next place in a list.
    const key = each === "" && index > 0 ? String(at.size) : each;
    const there = at.get(key);
    if (index < path.length - 1) {
      if (typeof there === "string") throw twice(name);
      const inner: Form = there ?? new Map();
      at.set(key, inner);
      at = inner;
    } else {
      if (there !== undefined) throw twice(name);
      at.set(key, value);
    }
  }
}

const twice = (name: string) =>
  new WrongBody(`The form has ${shown(name)} twice, and which of them counts is not known. Send it once.`);

const shown = (name: string) => (/^[\w[\].]{1,100}$/.test(name) ? name : "A field");
