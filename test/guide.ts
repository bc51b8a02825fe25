import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Follows docs/adding-a-resource.md in a copy of the working tree: adds the files of docs/payment and the three lines, then
 * runs what the page says that is to be run. `npm run guide`. Ends with 1, and with what was printed, if something fails.
 */
const files = git("ls-files", "--cached", "--others", "--exclude-standard").filter((name) =>
  existsSync(name),
);
const example = files.filter((name) => name.startsWith("docs/payment/"));

const shown = readFileSync("docs/adding-a-resource.md", "utf8");
const texts = example.map((name) => readFileSync(name, "utf8"));
for (const [, block = ""] of shown.matchAll(/```(?:ts|text)\n(.*?)```/gs)) {
  const part = block.trim();
  if (!texts.some((text) => text.includes(part)))
    fail(`The page shows what is in no file of docs/payment:\n${part}`);
}

const folder = mkdtempSync(join(tmpdir(), "guide-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const name of files) cpSync(name, join(folder, name));
symlinkSync(resolve("node_modules"), join(folder, "node_modules"));

for (const name of example) cpSync(name, join(folder, name.replace("docs/payment/", "")));
const theImport = 'import { payment } from "./payment.ts";\n';
addTo("src/alma/kind.ts", /(?<=declarations = \{)/, " payment,", theImport);
addTo("src/graph/executable-schema.ts", /(?<=entities = \{)/, " payment,", theImport);
addTo("schema/record-kind.graphql", /(?<=enum RecordKind \{)/, '\n  "A `Payment`."\n  PAYMENT');

run("npm", "run", "--silent", "codegen");
run("npx", "biome", "check", "--write", "src/alma/kind.ts", "src/graph/executable-schema.ts");
run("npm", "run", "--silent", "check");
const tests = ["payment", "kind", "schema", "schema.test", "architecture", "readme", "issues"];
run("npx", "vitest", "run", ...tests.map((name) => `test/${name}`));
process.stdout.write(`A resource was added: ${example.length} files, and a line in three others.\n`);

/** Adds a line where `place` says, and one at the beginning. */
function addTo(name: string, place: RegExp, line: string, first = ""): void {
  const path = join(folder, name);
  const text = readFileSync(path, "utf8");
  if (!place.test(text)) fail(`${name} has no place that looks like ${place}.`);
  writeFileSync(path, first + text.replace(place, line));
}

function git(...args: string[]): string[] {
  return execFileSync("git", args, { encoding: "utf8" }).trim().split("\n");
}

function run(command: string, ...args: string[]): void {
  try {
    execFileSync(command, args, { cwd: folder, stdio: "inherit" });
  } catch {
    fail(`${[command, ...args].join(" ")} has failed where docs/adding-a-resource.md was followed.`);
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
