import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const examples = ["apollo", "urql", "relay"] as const;
export type Example = (typeof examples)[number];

/** The folder of an example. */
export const folderOf = (example: Example) => join("examples", example);

/** Runs a script of an example. Rejects with its output if it fails. */
export async function runScript(example: Example, script: string, env: Record<string, string> = {}): Promise<void> {
  const options = { cwd: folderOf(example), env: { ...process.env, ...env } };
  await promisify(execFile)("npm", ["run", "--silent", script], options).catch(({ stdout, stderr }) => {
    throw new Error(`${example}: ${script}\n${stdout}${stderr}`);
  });
}

/** Installs the schema that a gateway publishes in an example. */
export function writeSchema(example: Example, text: string): void {
  writeFileSync(join(folderOf(example), "schema.graphql"), text);
}

/** The manifest of an example's documents, by id. */
export const readManifest = (example: Example): Record<string, string> =>
  JSON.parse(readFileSync(join(folderOf(example), "persisted.json"), "utf8"));
