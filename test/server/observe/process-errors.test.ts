import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

/** Runs `code` in a process that handles uncaught errors; resolves with its log lines and exit code. */
async function run(code: string) {
  const script = `
    import { createLog } from "./dist-test/server/observe/create-log.js";
    import { handleProcessErrors, warnOfBlockedEventLoop } from "./dist-test/server/observe/process-errors.js";
    const log = createLog("info");
    handleProcessErrors(log, () => process.exit(1));
    warnOfBlockedEventLoop(log);
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const [exit] = await once(child, "close");
  expect(err).toBe("");
  const lines = out.split("\n").slice(0, -1);
  return { exit, lines: lines.map((line): Record<string, unknown> => JSON.parse(line)) };
}

test("an unhandled rejection is logged in one line, and the process keeps running", async () => {
  const { exit, lines } = await run(`
    void Promise.reject(new Error("lost in the background"));
    setTimeout(() => log.info("still here"), 50);`);
  expect(exit).toBe(0);
  expect(lines).toMatchObject([
    {
      level: "error",
      msg: "unhandled promise rejection; the gateway keeps running",
      error: { message: "lost in the background", stack: expect.stringContaining("at ") },
    },
    { msg: "still here" },
  ]);
});

test("an uncaught exception is logged in one line, and ends the process", async () => {
  const { exit, lines } = await run('setTimeout(() => { throw new Error("out of nowhere"); }, 10);');
  expect(exit).toBe(1);
  expect(lines).toMatchObject([{ level: "fatal", error: { message: "out of nowhere" } }]);
});

test("a blocked event loop is logged", async () => {
  const { exit, lines } = await run(`
    setTimeout(() => { const end = Date.now() + 800; while (Date.now() < end); }, 200);
    setTimeout(() => {}, 6_000);`);
  expect(exit).toBe(0);
  // On a busy machine there may be further lines.
  expect(lines).toContainEqual(expect.objectContaining({ level: "warn", ms: expect.any(Number) }));
  expect(Math.max(...lines.map(({ ms }) => Number(ms)))).toBeGreaterThanOrEqual(700);
});
