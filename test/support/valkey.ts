import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createClient } from "@redis/client";
import { describe, onTestFinished } from "vitest";

/** A valkey-server of a test's own, in a process. */
export interface Valkey {
  readonly url: string;
  readonly port: number;
  /** Sends one command, with a connection of its own. */
  ask(...command: string[]): Promise<unknown>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Kills it, and starts it again on the same port, empty unless it keeps its data in `folder`. */
  restart(...args: string[]): Promise<void>;
  kill(): Promise<void>;
  start(...args: string[]): Promise<void>;
}

const hasValkey = (() => {
  try {
    execFileSync("valkey-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** As `describe`, for tests that need valkey-server; where there is none they are skipped, and say so. */
export const describeWithValkey = (name: string, tests: () => void): void => {
  if (!hasValkey) process.stderr.write(`skipped, since there is no valkey-server here: ${name}\n`);
  describe.runIf(hasValkey)(name, tests);
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a valkey-server, and kills it when the test has finished. `args`: `--maxmemory 10mb`, word by word. */
export async function startValkey(...args: string[]): Promise<Valkey> {
  const port = await freePort();
  let child: ChildProcess;
  const start = async (...more: string[]) => {
    const own = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--enable-debug-command",
      "yes",
    ];
    child = spawn("valkey-server", [...own, ...args, ...more], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: "/tmp",
    });
    await new Promise<void>((resolve, reject) => {
      let out = "";
      child.stdout?.on("data", (chunk) => {
        out += chunk;
        if (out.includes("Ready to accept connections")) resolve();
      });
      child.once("close", () => reject(new Error(`valkey-server ended: ${out}`)));
    });
  };
  const kill = async () => {
    const closed = new Promise((resolve) => child.once("close", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await closed;
    }
  };
  await start();
  onTestFinished(kill);
  return {
    url: `valkey://127.0.0.1:${port}`,
    port,
    async ask(...command) {
      const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: false }, RESP: 2 });
      client.on("error", () => {});
      await client.connect();
      try {
        return await client.sendCommand(command);
      } finally {
        client.destroy();
      }
    },
    signal: (signal) => void child.kill(signal),
    async restart(...more) {
      await kill();
      await start(...more);
    },
    kill,
    start,
  };
}
