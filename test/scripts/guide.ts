import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Follows docs/adding-a-kind.md and docs/adding-a-capability.md in a copy of the working tree: adds a field as its
 * tables say, the files of examples/payment and three lines, then those of examples/calendar and one line. Runs the
 * checks and tests that concern each. Run it with `npm run guide`. If something fails, it prints the output and exits
 * with 1.
 */
const files = git("ls-files", "--cached", "--others", "--exclude-standard").filter((name) =>
  existsSync(name),
);
const examples = {
  "examples/payment/": "docs/adding-a-kind.md",
  "examples/calendar/": "docs/adding-a-capability.md",
};
const filesOf = (example: keyof typeof examples) => files.filter((name) => name.startsWith(example));

for (const example of ["examples/payment/", "examples/calendar/"] as const) {
  const texts = filesOf(example).map((name) => readFileSync(name, "utf8"));
  for (const [, block = ""] of readFileSync(examples[example], "utf8").matchAll(
    /```(?:ts|text)\n(.*?)```/gs,
  )) {
    const part = block.trim();
    if (!texts.some((text) => text.includes(part)))
      fail(`${examples[example]} shows what is in no file of ${example}:\n${part}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "guide-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const name of files) cpSync(name, join(folder, name));
symlinkSync(resolve("node_modules"), join(folder, "node_modules"));

const rows = [
  ...readFileSync(examples["examples/payment/"], "utf8").matchAll(
    /^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$/gm,
  ),
];
for (const [, name = "", line = "", added = ""] of rows) addBelow(name, line, added);
run("npm", "run", "--silent", "codegen");
run("npx", "biome", "format", "--write", ...new Set(rows.map(([, name = ""]) => name)));
run("npx", "tsc", "--noEmit");
test("unit.test", "kind", "schema", "schema.test", "simulator", "independent/read/search", "bitrix/mapping");
say(`A field was added: ${rows.length} lines.`);

copy("examples/payment/");
const theImport = 'import { payment } from "./payment.ts";\n';
addTo("src/alma/kind.ts", /(?<=declarations = \{)/, " payment,", theImport);
addTo("src/graph/executable-schema.ts", /(?<=graphKinds = \{)/, " payment,", theImport);
addTo("schema/record-kind.graphql", /(?<=enum RecordKind \{)/, '\n  "A `Payment`."\n  PAYMENT');

run("npm", "run", "--silent", "codegen");
run("npx", "biome", "check", "--write", "src/alma/kind.ts", "src/graph/executable-schema.ts");
run("npm", "run", "--silent", "check");
test("payment", "kind", "schema", "schema.test", "architecture", "readme", "issues");
say(`A kind was added: ${filesOf("examples/payment/").length} files, and a line in three others.`);

copy("examples/calendar/");
const place = /(?<=readonly Capability\[\] = \[)/;
addTo(
  "src/capabilities.ts",
  place,
  " calendar,",
  'import { calendar } from "./capabilities/calendar/index.ts";\n',
);
run("npx", "biome", "check", "--write", "src/capabilities.ts");
run("npm", "run", "--silent", "check");
test("calendar", "architecture", "compose");
say(`A capability was added: ${filesOf("examples/calendar/").length} files, and a line.`);

/** Adds the files of an example. */
function copy(example: keyof typeof examples): void {
  for (const name of filesOf(example)) cpSync(name, join(folder, name.replace(example, "")));
}

function test(...names: readonly string[]): void {
  run("npx", "vitest", "run", ...names.map((name) => `test/${name}`));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Adds a line below each line that contains this text. */
function addBelow(name: string, line: string, added: string): void {
  const path = join(folder, name);
  const lines = readFileSync(path, "utf8").split("\n");
  if (!lines.some((one) => one.includes(line))) fail(`${name} has no line with ${line}.`);
  writeFileSync(path, lines.flatMap((one) => (one.includes(line) ? [one, added] : [one])).join("\n"));
}

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
    fail(`${[command, ...args].join(" ")} has failed where the pages were followed.`);
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
