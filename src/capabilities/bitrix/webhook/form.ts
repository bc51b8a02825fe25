import { InvalidBodyError } from "./body.ts";

/** The fields of a form by name; brackets in a name nest fields. The elements of a list have the names 0, 1, 2. */
export type Form = Map<string, FormValue>;
export type FormValue = string | Form;

const maxFields = 5_000;
const maxDepth = 10;
const maxNameLength = 500;

/** Bitrix's credentials, which would allow writing to the portal; they are not read. */
const credentialFields = new Set([
  "auth",
  "AUTH_ID",
  "REFRESH_ID",
  "AUTH_EXPIRES",
  "APP_SID",
  "member_id",
  "event_token",
  "access_token",
  "refresh_token",
  "application_token",
]);
const unsafeNames = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Parses `application/x-www-form-urlencoded` with brackets in names as in PHP: `data[FIELDS][ID]=12`,
 * `document_id[]=crm`. Credentials are left out. Throws InvalidBodyError for more fields or brackets than any webhook
 * has, and for duplicate fields.
 */
export function parseForm(text: string): Form {
  // Counted before parsing: a few megabytes can have a million fields.
  let count = 1;
  for (let index = text.indexOf("&"); index >= 0; index = text.indexOf("&", index + 1)) count += 1;
  if (count > maxFields) {
    throw new InvalidBodyError(
      `The form has ${count} fields; ${maxFields} are allowed. Send large items as JSON.`,
    );
  }
  const form: Form = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const path = parsePath(name);
    if (!credentialFields.has(path[0] as string)) setField(form, path, value, name);
  }
  return form;
}

/** Converts a value to the one that JSON would have: fields that are numbered from 0 become a list. */
export function toPlainValue(value: FormValue): unknown {
  if (typeof value === "string") return value;
  const numbered = [...value.keys()].every((name, index) => name === String(index));
  if (numbered) return [...value.values()].map(toPlainValue);
  return Object.fromEntries([...value].map(([name, inner]) => [name, toPlainValue(inner)]));
}

/** The text at a path; undefined if it is empty or not text. */
export function textAt(form: Form, ...path: readonly string[]): string | undefined {
  let value: FormValue | undefined = form;
  for (const name of path) value = typeof value === "object" ? value.get(name) : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `data[FIELDS][ID]` → data, FIELDS, ID. A name with unbalanced brackets is one segment. */
function parsePath(name: string): readonly string[] {
  if (name.length > maxNameLength)
    throw new InvalidBodyError(`The form has a name of ${name.length} characters.`);
  const [, root, brackets] = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name) ?? [];
  if (root === undefined || brackets === undefined) return [name];
  return [root, ...brackets.slice(1, -1).split("][")];
}

function setField(form: Form, path: readonly string[], value: string, name: string): void {
  if (path.length > maxDepth)
    throw new InvalidBodyError(`${displayName(name)} has more than ${maxDepth - 1} brackets.`);
  if (path.some((segment) => unsafeNames.has(segment)))
    throw new InvalidBodyError(`${displayName(name)} is not allowed as the name of a field. Leave it out.`);
  let parent = form;
  for (const [index, segment] of path.entries()) {
    // Empty brackets append to a list.
    const key = segment === "" && index > 0 ? String(parent.size) : segment;
    const existing = parent.get(key);
    if (index < path.length - 1) {
      if (typeof existing === "string") throw duplicateFieldError(name);
      const inner: Form = existing ?? new Map();
      parent.set(key, inner);
      parent = inner;
    } else {
      if (existing !== undefined) throw duplicateFieldError(name);
      parent.set(key, value);
    }
  }
}

const duplicateFieldError = (name: string) =>
  new InvalidBodyError(`The form has ${displayName(name)} twice. Send it once.`);

const displayName = (name: string) => (/^[\w[\].]{1,100}$/.test(name) ? name : "A field");
