import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

/** Spawns a process that logs, handles uncaught errors, and runs `code`. */
function run(code: string, stdout: "pipe" | number): ChildProcess {
  const script = `
    import { createLog } from "./dist-test/server/observe/create-log.js";
    import { handleProcessErrors } from "./dist-test/server/observe/process-errors.js";
    const log = createLog("info");
    handleProcessErrors(log, () => process.exit(3));
    ${code}`;
  const args = ["--input-type=module", "--eval", script];
  return spawn(process.execPath, args, { stdio: ["ignore", stdout, "pipe"] });
}

/** Everything that a process writes to an output. */
async function textOf(stream: ChildProcess["stdout"]): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

test("a log that cannot be written does not stop the process, and lost lines are reported once", async () => {
  const unwritable = openSync("package.json", "r");
  const child = run(
    `
    log.info("lost");
    log.fatal("lost too");
    setTimeout(() => console.error("It goes on."), 10);`,
    unwritable,
  );
  const [exit, err] = await Promise.all([once(child, "close"), textOf(child.stderr)]);
  closeSync(unwritable);
  expect(err).toMatch(/^Log lines are lost: standard output cannot be written \(EBADF.*\nIt goes on\.\n$/);
  expect(exit[0]).toBe(0);
});

test("an uncaught exception ends the process in order, whether or not it can be logged", async () => {
  const unwritable = openSync("package.json", "r");
  const child = run('setTimeout(() => { throw new Error("out of nowhere"); }, 10);', unwritable);
  const [exit] = await Promise.all([once(child, "close"), textOf(child.stderr)]);
  closeSync(unwritable);
  // A crash that nothing handles would end with 1.
  expect(exit[0]).toBe(3);
});

test("while its reader is slow, the log waits and loses nothing", async () => {
  // Accessing process.stdout makes Node set the pipe to non-blocking.
  const child = run(
    `
    process.stdout;
    for (let line = 0; line < 2_000; line++) log.info({ line, text: "ё".repeat(2_000) });`,
    "pipe",
  );
  await sleep(500);
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  expect(err).toBe("");
  const lines = out
    .split("\n")
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line));
  expect(lines.map(({ line }) => line)).toEqual([...Array(2_000).keys()]);
});
