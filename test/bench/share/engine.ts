import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** A valkey-server of the bench's own. */
export interface EngineProcess {
  readonly url: string;
  readonly pid: number;
  /** Bytes that it holds in memory. */
  rss(): number;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a valkey-server that keeps nothing on the disk; it ends with the bench. */
export async function startEngine(): Promise<EngineProcess> {
  const port = await freePort();
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", ""];
  const child = spawn("valkey-server", options, { stdio: ["ignore", "pipe", "inherit"], cwd: "/tmp" });
  process.on("exit", () => child.kill("SIGKILL"));
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error("valkey-server has ended.")));
    child.stdout.on("data", (chunk) => `${chunk}`.includes("Ready to accept connections") && resolve());
  });
  return {
    url: `valkey://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    rss: () => rssOf(child.pid ?? 0),
    async stop() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Resident bytes of a process, as Linux tells. */
export function rssOf(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}
