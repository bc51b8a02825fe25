import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { Simulator } from "../../simulator/index.ts";

/** A gateway in its own process, as an operator starts it. */
export interface Process {
  readonly child: ChildProcess;
  /** Its address, once it is in the log. */
  address(): Promise<string>;
  /** The log lines so far; with a message, only its lines. */
  lines(message?: string): Record<string, unknown>[];
  readonly stderr: () => string;
  /** The exit code; null if a signal ended it. */
  readonly exit: Promise<number | null>;
  /** Resolves with the first line that has this message. */
  line(message: string): Promise<Record<string, unknown>>;
}

/**
 * Starts the gateway, as built before the tests, with only this environment, and kills it at the end of the test. By
 * default there are no reports, and SIGTERM closes it immediately.
 */
export function spawnGateway(env: Record<string, string>): Process {
  const child = spawn(process.execPath, ["dist-test/process/main.js"], {
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      DRAIN_DELAY: "0",
      REPORTS: "test/support",
      IMPORTS: "test/support",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const written: Record<string, unknown>[] = [];
  createInterface(child.stdout).on("line", (line) => written.push(JSON.parse(line)));
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = (message?: string | RegExp) =>
    written.filter(
      ({ msg }) =>
        message === undefined || (message instanceof RegExp ? message.test(String(msg)) : msg === message),
    );
  const line = async (message: string | RegExp) => {
    for (;;) {
      const [found] = lines(message);
      if (found) return found;
      if (child.exitCode !== null)
        throw new Error(`It ended without "${message}": ${JSON.stringify(written)}${err}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const address = async () => String((await line(/^the gateway is listening; /)).address);
  return { child, address, lines, line, stderr: () => err, exit };
}

/** The settings of a gateway over this Alma. */
export const envOf = ({ url, apiKey }: Pick<Simulator, "url" | "apiKey">) => ({
  ALMA_URL: url,
  ALMA_API_KEY: apiKey,
});
