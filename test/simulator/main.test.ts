import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";

function run(...args: string[]) {
  const child = spawn(process.execPath, ["dist-test/simulator/main.js", ...args]);
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  return { child, said };
}

async function end(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, "close");
  return code;
}

test("prints its address and key, answers, and stops on a signal", async () => {
  const { child, said } = run(
    "--port",
    "0",
    "--seed",
    "7",
    "--latency",
    "1",
    "--faults",
    "0",
    "--size",
    "0.5",
  );
  while (!said.out.includes("\n") && child.exitCode === null) await once(child.stdout, "data");
  const [, url, key] = /at (http:\S+) with Api-Key: (\S+)/.exec(said.out) ?? [];
  const response = await fetch(`${url}realty/units/`, { headers: { "Api-Key": key ?? "" } });
  expect(await response.json()).toHaveLength(24);
  child.kill("SIGTERM");
  expect(await end(child)).toBe(0);
  expect(said.err).toBe("");
});

test("--help explains every option", async () => {
  const { child, said } = run("--help");
  expect(await end(child)).toBe(0);
  for (const name of ["port", "seed", "size", "latency", "faults", "key"])
    expect(said.out).toContain(`--${name} `);
});

test.each([
  [["--port", "x"], '--port must be a whole number from 0 to 65535, but is "x". See --help.\n'],
  [["--faults", "2"], '--faults must be a number from 0 to 1, but is "2". See --help.\n'],
  [["--seed", ""], '--seed must be a whole number from 0 to 4294967295, but is "". See --help.\n'],
  [["--size"], "Option '--size <value>' argument missing. See --help.\n"],
  [["--colour", "red"], /^Unknown option '--colour'.*\. See --help\.\n$/],
])("%j is answered with one sentence and the exit code 2", async (args, sentence) => {
  const { child, said } = run(...args);
  expect(await end(child)).toBe(2);
  expect(said.out).toBe("");
  expect(said.err).toMatch(sentence);
});

test("a port in use is reported", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const { child, said } = run("--port", String(port), "--size", "0");
  expect(await end(child)).toBe(2);
  expect(said.err).toMatch(/^The port is taken; .* See --help\.\n$/);
  other.close();
});
