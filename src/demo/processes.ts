import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPostgres, startPostgres } from "./postgres.ts";

/** The distance between two gateways' ports: one for callers, one for other processes. */
const PORT_STEP = 2;

/**
 * Starts `count` gateways, on every second port from PORT, and PostgreSQL unless STORE_URL is set. `show` gets their
 * log lines, except those of requests. Returns their addresses, and how to stop them all. Throws an Error if PostgreSQL
 * is missing or a gateway exits before it answers.
 */
export async function startProcesses(
  count: number,
  env: Readonly<Record<string, string | undefined>>,
  show: (line: string) => void,
) {
  const postgres = env.STORE_URL ? undefined : await startPostgres(findPostgres(env.PATH));
  const gateways: ChildProcess[] = [];
  process.once("exit", () => {
    for (const child of [...gateways, postgres?.child]) child?.kill("SIGKILL");
  });
  const stop = async () => {
    await Promise.all(gateways.map(end));
    if (postgres) await end(postgres.child);
  };
  const shared = {
    PATH: env.PATH,
    ...env,
    LOG_LEVEL: "info",
    // The watchdog's thread is JavaScript, but these processes run TypeScript.
    WATCHDOG: "0",
    ...(postgres && { STORE_URL: postgres.url }),
    PEER_SECRET: randomBytes(32).toString("hex"),
  };
  const port = Number(env.PORT ?? 4000);
  try {
    const addresses = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const own = { ...shared, PORT: String(port && port + PORT_STEP * index) };
        const child = spawn(
          process.execPath,
          [...process.execArgv, fileURLToPath(new URL("../main.ts", import.meta.url))],
          {
            env: own,
            stdio: ["ignore", "pipe", "pipe"],
            // Ctrl+C must reach only the demo, which stops the other processes in order.
            detached: true,
          },
        );
        gateways.push(child);
        return listening(child, (line) => show(`process ${index + 1} (${child.pid}): ${line}`));
      }),
    );
    return { addresses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Resolves with a gateway's address once it answers. */
function listening(child: ChildProcess, show: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr?.on("data", (chunk) => {
      errors += chunk;
    });
    const lines = child.stdout && createInterface({ input: child.stdout });
    lines?.on("line", (line) => {
      const { level, msg, address } = JSON.parse(line);
      if (msg.startsWith("the gateway is listening")) resolve(address);
      else if (
        msg.startsWith("this process leads") ||
        (level !== "info" && !msg.startsWith("no authentication"))
      )
        show(msg);
    });
    child.once("exit", (code, signal) => {
      reject(new Error(`A gateway has ended before it answered: ${errors}`));
      if (signal) show(`ended by ${signal}`);
      else if (code) show(`ended with ${code}: ${errors}`);
    });
  });
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGINT");
  await ended;
}
