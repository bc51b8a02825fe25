import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { isCalendarDate } from "../alma/index.ts";
import { type Calendar, createCalendar } from "../config/index.ts";
import { createApiKey, type KeyRecord, keyRecord } from "./access/api-key.ts";
import {
  createLink,
  DEFAULT_LINK_DAYS,
  type LinkRecord,
  type LinkTarget,
  MAX_LINK_DAYS,
} from "./access/link.ts";
import { scopes } from "./scope/scope.ts";

const scopeNames = scopes.map((scope) => scope.toLowerCase());

const usage = `Creates, lists and revokes the gateway's API keys, and links for programs that send no key.

  npm run key -- --name reporting --scopes read,personal [--expires 2027-01-31]
  npm run key -- --link 'rent-roll.csv?on=today' --key PREFIX [--scopes read,personal] [--expires 2027-01-31]
  npm run key -- --list
  npm run key -- --revoke PREFIX

  --file     the file of keys; by default API_KEYS_FILE. A running gateway reloads it.
  --scopes   of a key: ${scopeNames.join(", ")}; of a link: read, personal; by default read
  --link     what the link opens, with its parameters, which are frozen; a full address works too
  --key      the prefix of the key of the link, which expires with the key
  --expires  the last day on which it works, in TIME_ZONE. By default a key never expires, and a link works for
             ${DEFAULT_LINK_DAYS} days; ${MAX_LINK_DAYS} at most
`;

/** Parses the target of a new link with these scopes. Throws an Error with a full sentence. */
export type ReadLink = (text: string, scopes: LinkRecord["scopes"]) => LinkTarget;

/**
 * Runs the command `npm run key`. Returns its exit code and its output, which is the only place where a new key is
 * shown.
 */
export function runKeyCommand(
  args: readonly string[],
  defaultFile: string | undefined,
  readers: readonly ReadLink[] = [],
  timeZone = "UTC",
): { text: string; code: 0 | 1 } {
  const calendar = createCalendar(timeZone);
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        name: { type: "string" },
        scopes: { type: "string" },
        expires: { type: "string" },
        link: { type: "string" },
        key: { type: "string" },
        file: { type: "string" },
        revoke: { type: "string" },
        list: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help) return { text: usage, code: 0 };
    if (args.length === 0) return { text: usage, code: 1 };
    const file = values.file ?? defaultFile;
    if (!file) throw new Error("The file of keys is not given: pass --file, or set API_KEYS_FILE.");
    const records = existsSync(file) ? z.array(keyRecord).parse(JSON.parse(readFileSync(file, "utf8"))) : [];
    if (values.list)
      return {
        text: records.map((record) => formatRecord(record, calendar)).join("") || "There are no keys.\n",
        code: 0,
      };
    if (values.revoke !== undefined) {
      writeRecords(file, withoutPrefix(records, values.revoke));
      return { text: `Revoked. A running gateway refuses it within 10 s.\n`, code: 0 };
    }
    if (values.link !== undefined)
      return { text: addLink(file, records, values.link, values, readers, calendar), code: 0 };
    if (!values.name || !values.scopes) return { text: usage, code: 1 };
    const { key, record } = createApiKey(
      values.name,
      parseScopeNames(values.scopes, scopeNames),
      parseDay(values.expires, calendar),
    );
    writeRecords(file, [...records, record]);
    return {
      text: `${formatRecord(record, calendar)}\n${key}\n\nThis is the only time the key is shown.\n`,
      code: 0,
    };
  } catch (error) {
    return {
      text: `${error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message}\n`,
      code: 1,
    };
  }
}

/** Creates a link, stores it with its key, and returns the output. */
function addLink(
  file: string,
  records: readonly KeyRecord[],
  text: string,
  options: { readonly key?: string; readonly scopes?: string; readonly expires?: string },
  readers: readonly ReadLink[],
  calendar: Calendar,
) {
  if (readers.length === 0) throw new Error("This gateway has no pages that a link could open.");
  const owner = records.find(({ prefix }) => prefix === options.key);
  if (!owner)
    throw new Error(
      options.key === undefined
        ? "A link belongs to a key: pass --key with its prefix (--list shows them)."
        : `No key begins with almagw_${options.key}_.`,
    );
  const scopes = parseScopeNames(options.scopes ?? "read", ["read", "personal"]);
  const missing = scopes.filter((scope) => !owner.scopes.includes(scope));
  if (missing.length > 0)
    throw new Error(
      `The key ${owner.name} does not have the scope ${missing.join(" and ")}, so its link cannot.`,
    );
  const target = readTarget(text, scopes, readers);
  const { link, record } = createLink(target, scopes, parseDay(options.expires, calendar));
  const changed = { ...owner, links: [...(owner.links ?? []), record] };
  writeRecords(
    file,
    records.map((candidate) => (candidate === owner ? changed : candidate)),
  );
  return `${formatLink(record, calendar)}\n${target.origin}/links/${link}/${record.file}\n\nThis is the only time the link is shown.\n`;
}

/**
 * Parses the target of a link with the first reader that accepts it. Throws the first reader's error if none
 * does.
 */
function readTarget(text: string, scopes: LinkRecord["scopes"], readers: readonly ReadLink[]) {
  let refusal: unknown;
  for (const read of readers) {
    try {
      return read(text, scopes);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

/** Removes the key or link with this prefix. Throws if there is none. */
function withoutPrefix(records: readonly KeyRecord[], prefix: string): KeyRecord[] {
  const all = records.flatMap((record) => [record, ...(record.links ?? [])]);
  if (!all.some((record) => record.prefix === prefix))
    throw new Error(`No key begins with almagw_${prefix}_, and no link with almalink_${prefix}_.`);
  return records
    .filter((record) => record.prefix !== prefix)
    .map(({ links, ...record }) => ({
      ...record,
      ...(links && { links: links.filter((link) => link.prefix !== prefix) }),
    }));
}

function parseScopeNames<T extends string>(text: string, known: readonly T[]) {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const unknown = names.filter((name) => !known.some((scope) => scope === name));
  if (unknown.length > 0)
    throw new Error(`There is no scope "${unknown.join('", "')}". Scopes: ${known.join(", ")}.`);
  return known.filter((scope) => names.includes(scope));
}

/** Returns the last moment of a day. */
function parseDay(text: string | undefined, calendar: Calendar) {
  if (text === undefined) return null;
  if (!isCalendarDate(text))
    throw new Error(`--expires is "${text}", but it must be a day such as 2027-01-31.`);
  return new Date(calendar.endOf(text));
}

const formatRecord = ({ prefix, name, scopes: names, expires, links = [] }: KeyRecord, calendar: Calendar) =>
  `almagw_${prefix}_…  ${name}  [${names.join(" ")}]  ${expires ? `until ${calendar.dayOf(Date.parse(expires))}` : "never expires"}\n` +
  links.map((link) => `  ${formatLink(link, calendar)}`).join("");

const formatLink = ({ prefix, file, query, scopes: names, expires }: LinkRecord, calendar: Calendar) =>
  `almalink_${prefix}_…  ${file}${query && `?${query}`}  [${names.join(" ")}]  until ${calendar.dayOf(Date.parse(expires))}\n`;

/**
 * Writes the file, by default with mode 600. An existing one keeps its owner and mode, because the gateway may run as
 * another user. Throws an Error with a full sentence if it cannot.
 */
function writeRecords(file: string, records: readonly KeyRecord[]) {
  const existing = existsSync(file) ? statSync(file) : undefined;
  const path = existing ? realpathSync(file) : file;
  // The rename is atomic: readers see the old file or the new one.
  const temporaryFile = `${path}.new`;
  writeFileSync(temporaryFile, `${JSON.stringify(records, null, 2)}\n`, { mode: 0o600 });
  if (existing) copyPermissions(existing, temporaryFile, file);
  renameSync(temporaryFile, path);
}

function copyPermissions({ uid, gid, mode }: Stats, temporaryFile: string, file: string) {
  const own = statSync(temporaryFile);
  try {
    if (own.uid !== uid || own.gid !== gid) chownSync(temporaryFile, uid, gid);
    chmodSync(temporaryFile, mode);
  } catch (cause) {
    rmSync(temporaryFile);
    throw new Error(
      `${file} belongs to user ${uid}, group ${gid}, and was not changed: run the command as that user or as root.`,
      { cause },
    );
  }
}
