import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What a person has to mend before the demo can start. */
export class DemoError extends Error {}

/** Gateways in processes of their own, and the engine that they share. */
interface DemoProcesses {
  /** Where they answer. */
  readonly addresses: readonly string[];
  /** Ends them all; resolves when they have ended. */
  stop(): Promise<void>;
}

/** A gateway's ports are so far apart, for its own and the one for the other processes. */
const portStep = 2;

/**
 * Starts a valkey-server and `count` gateways, on every second port from PORT on. `show` gets what they log beyond
 * requests. Throws a DemoError if valkey-server is missing, or one of them ends before it answers.
 */
export async function startProcesses(
  count: number,
  env: Readonly<Record<string, string | undefined>>,
  show: (line: string) => void,
): Promise<DemoProcesses> {
  const enginePort = await findFreePort();
  const engine = await startValkey(enginePort);
  const gateways: ChildProcess[] = [];
  process.once("exit", () => {
    for (const child of [...gateways, engine]) child.kill("SIGKILL");
  });
  const stop = async () => {
    await Promise.all(gateways.map(end));
    await end(engine);
  };
  const shared = {
    PATH: env.PATH,
    ...env,
    LOG_LEVEL: "info",
    // Its thread is JavaScript, and these run TypeScript.
    WATCHDOG: "0",
    VALKEY_URL: `valkey://127.0.0.1:${enginePort}`,
    PEER_SECRET: randomBytes(32).toString("hex"),
  };
  const port = Number(env.PORT ?? 4000);
  try {
    const addresses = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const own = { ...shared, PORT: String(port && port + portStep * index) };
        const child = spawn(
          process.execPath,
          [...process.execArgv, fileURLToPath(new URL("main.ts", import.meta.url))],
          {
            env: own,
            stdio: ["ignore", "pipe", "pipe"],
            // Ctrl+C reaches the demo alone, which ends the others in order.
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

async function startValkey(port: number): Promise<ChildProcess> {
  const child = spawn("valkey-server", ["--port", `${port}`, "--bind", "127.0.0.1", "--save", ""], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  let output = "";
  const ready = new Promise<void>((resolve, reject) => {
    child.once("error", () =>
      reject(
        new DemoError(
          "Several processes share a valkey-server, and there is none on the PATH: install Valkey 8 (`apt install valkey-server`, " +
            "`brew install valkey`), or run the demo as one process.",
        ),
      ),
    );
    child.once("exit", () => reject(new DemoError(`valkey-server has ended: ${output}`)));
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes("Ready to accept connections")) resolve();
    });
  });
  await ready;
  child.stdout.removeAllListeners("data").resume();
  return child;
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
      reject(new DemoError(`A gateway has ended before it answered: ${errors}`));
      if (signal) show(`ended by ${signal}`);
      else if (code) show(`ended with ${code}: ${errors}`);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGINT");
  await ended;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}
