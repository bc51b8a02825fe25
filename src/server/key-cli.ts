import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { readEnvironment } from "../config.ts";
import { createApiKey, type KeyRecord, keyRecord } from "./access/api-key.ts";
import { scopes } from "./access/scope.ts";

const usage = `Creates, lists and revokes the gateway's API keys.

  npm run key -- --name reporting --scopes read,personal [--expires 2027-01-31]
  npm run key -- --list
  npm run key -- --revoke PREFIX

  --file     the file of keys; by default API_KEYS_FILE. A running gateway reloads it.
  --scopes   ${scopes.map((scope) => scope.toLowerCase()).join(", ")}
  --expires  the first day on which the key no longer works; by default it never expires
`;

/** The command `npm run key`. Returns its output and exit code; the output is the only place that shows a new key. */
export function runKeyCommand(
  args: readonly string[],
  defaultFile: string | undefined,
): { text: string; code: 0 | 1 } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        name: { type: "string" },
        scopes: { type: "string" },
        expires: { type: "string" },
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
    if (values.list) return { text: records.map(formatRecord).join("") || "There are no keys.\n", code: 0 };
    if (values.revoke !== undefined) {
      const remaining = records.filter(({ prefix }) => prefix !== values.revoke);
      if (remaining.length === records.length)
        throw new Error(`No key begins with almagw_${values.revoke}_.`);
      writeRecords(file, remaining);
      return { text: `Revoked. A running gateway refuses it within 10 s.\n`, code: 0 };
    }
    if (!values.name || !values.scopes) return { text: usage, code: 1 };
    const { key, record } = createApiKey(
      values.name,
      parseScopeNames(values.scopes),
      parseDay(values.expires),
    );
    writeRecords(file, [...records, record]);
    return { text: `${formatRecord(record)}\n${key}\n\nThis is the only time the key is shown.\n`, code: 0 };
  } catch (error) {
    return {
      text: `${error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message}\n`,
      code: 1,
    };
  }
}

function parseScopeNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const unknown = names.filter((name) => !scopes.some((scope) => scope.toLowerCase() === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no scope "${unknown.join('", "')}". There are: ${scopes.join(", ").toLowerCase()}.`,
    );
  return [...new Set(names)];
}

function parseDay(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const day = new Date(`${text}T00:00:00Z`);
  // Date converts a day that does not exist, such as 31 April, to a day of the next month.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text) {
    throw new Error(`--expires is "${text}", but it must be a day such as 2027-01-31.`);
  }
  return day;
}

const formatRecord = ({ prefix, name, scopes: scopeNames, expires }: KeyRecord) =>
  `almagw_${prefix}_…  ${name}  [${scopeNames.join(" ")}]  ${expires ? `until ${expires.slice(0, 10)}` : "never expires"}\n`;

function writeRecords(file: string, records: readonly KeyRecord[]): void {
  // The rename is atomic: a reader sees the old file or the new one.
  const temporaryFile = `${file}.new`;
  writeFileSync(temporaryFile, `${JSON.stringify(records, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporaryFile, file);
}

const entryPoint = process.argv[1];
if (entryPoint !== undefined && realpathSync(entryPoint) === fileURLToPath(import.meta.url)) {
  const { text, code } = runKeyCommand(process.argv.slice(2), readEnvironment().API_KEYS_FILE);
  process[code === 0 ? "stdout" : "stderr"].write(text);
  process.exitCode = code;
}
