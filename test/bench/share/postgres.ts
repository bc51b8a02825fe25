import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { findPostgres, postgresOwner } from "../../../src/demo/postgres.ts";

/** The bench's own PostgreSQL. */
export interface PostgresProcess {
  readonly url: string;
  /** The size of the gateways' tables on disk in bytes, including indexes. */
  size(): Promise<number>;
  /** Bytes written to its WAL so far. */
  logged(): Promise<number>;
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

/** Starts a PostgreSQL with default settings, which syncs to disk; it stops with the bench. */
export async function startPostgres(): Promise<PostgresProcess> {
  const programs = findPostgres(process.env.PATH);
  if (!programs) throw new Error("PostgreSQL is not installed here: install version 14 or later.");
  const [owner, port] = [postgresOwner(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), "alma-bench-postgres-"));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const run = (program: string, ...args: string[]) =>
    spawn(join(programs, program), args, { stdio: ["ignore", "ignore", "pipe"], cwd: folder, ...owner });
  const data = join(folder, "data");
  const [code] = await once(run("initdb", "-D", data, "-U", "alma", "-A", "trust"), "exit");
  if (code !== 0) throw new Error(`initdb has ended with ${code}.`);
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories="];
  const child = run("postgres", "-D", data, ...settings.flatMap((setting) => ["-c", setting]));
  process.on("exit", () => {
    child.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
  });
  await new Promise<void>((resolve, reject) => {
    let output = "";
    child.once("exit", () => reject(new Error(`PostgreSQL has ended: ${output}`)));
    child.stderr.on("data", (chunk) => {
      output += chunk;
      if (output.includes("ready to accept connections")) resolve();
    });
  });
  child.stderr.removeAllListeners("data").resume();
  const url = `postgres://alma@127.0.0.1:${port}/postgres`;
  const ask = async (query: string) => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query(query);
    await client.end();
    return Number(rows[0].bytes);
  };
  return {
    url,
    size: () =>
      ask(`SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
        WHERE relnamespace = 'alma'::regnamespace AND relkind = 'r'`),
    logged: () => ask("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS bytes"),
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGINT");
      await exited;
    },
  };
}

/** A process's resident bytes, as reported by Linux. */
export function rssOf(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}
