import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { capabilities } from "../../src/capabilities.ts";

/**
 * Deletes capabilities, and those that require them, in a copy of the working tree, and checks that the rest is a
 * working gateway: `npm run without -- NAME`, or `--all`, which leaves only the core. `--turn` deletes today's
 * capability and runs only the tests of the others. `--quick` skips the tests, `--tests FILE` runs only these. Exits
 * with 1 if anything fails.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    turn: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    tests: { type: "string", multiple: true, default: [] },
  },
});

const names = capabilities.map(({ name }) => name);
const [turn = ""] = names.slice(Math.floor(Date.now() / 86_400_000) % names.length);
const asked = values.all ? names : values.turn ? [turn] : positionals;
if (asked.length === 0 || !asked.every((name) => names.includes(name)))
  fail(`Name one or more of ${names.join(", ")}, or pass --all or --turn.`);
const deleted = new Set(asked);
// Each comes after its requirements, or before: repeats until nothing is added.
for (let size = 0; size !== deleted.size; ) {
  size = deleted.size;
  for (const { name, requires = [] } of capabilities)
    if (requires.some((other) => deleted.has(other))) deleted.add(name);
}
say(`without ${[...deleted].join(", ")}`);

const folder = mkdtempSync(join(tmpdir(), "without-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
/** Whether a file belongs to a deleted capability, tests several, or is documentation, which covers all. */
const isDeleted = (path: string) => {
  const [, owner = ""] = /^(?:src\/capabilities|schema|test)\/([^/]+)\//.exec(path) ?? [];
  return deleted.has(owner) || owner === "together" || path === "test/readme.test.ts";
};
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((path) => existsSync(path) && !isDeleted(path));
for (const path of files) cpSync(path, join(folder, path));
mkdirSync(join(folder, "src/capabilities"), { recursive: true });
symlinkSync(resolve("node_modules"), join(folder, "node_modules"));

edit("src/capabilities.ts", (text) =>
  [...deleted].reduce((rest, name) => {
    const line = new RegExp(`^import \\{ (\\w+) \\} from "\\./capabilities/${name}/index\\.ts";\n`, "m");
    const [, exported] = line.exec(rest) ?? fail(`src/capabilities.ts has no line for ${name}.`);
    return rest.replace(line, "").replace(new RegExp(`(?<=[[\\s,])${exported},?\\s?(?=[^;]*\\];)`), "");
  }, text),
);
run("npm", "run", "--silent", "codegen");
run("npx", "tsc", "--noEmit");
run("npm", "run", "--silent", "build");
run("npx", "tsx", "test/scripts/smoke.ts");
const others = names.filter((name) => !deleted.has(name)).map((name) => `test/${name}/`);
if (!values.quick) run("npx", "vitest", "run", ...(values.turn ? others : values.tests));

function edit(path: string, change: (text: string) => string): void {
  const place = join(folder, path);
  writeFileSync(place, change(readFileSync(place, "utf8")));
}

function run(command: string, ...args: readonly string[]): void {
  say(`> ${[command, ...args].join(" ")}`);
  try {
    execFileSync(command, args, { cwd: folder, stdio: "inherit" });
  } catch {
    fail(`${[command, ...args].join(" ")} has failed without ${[...deleted].join(", ")}.`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
