import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chownSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe, onTestFinished } from "vitest";
import { findPostgres, postgresOwner } from "../../src/demo/postgres.ts";

/** A test's own PostgreSQL, in a process. */
export interface Postgres {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Runs statements on a new connection; resolves with the rows of the last. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  ask(text: string, values?: readonly unknown[]): Promise<any[]>;
  /** Stops all of its processes, or continues them. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Kills it immediately, as a power failure does. */
  kill(): Promise<void>;
  isRunning(): boolean;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Starts a replica, which gets all later commits; `promote` makes it an independent server. */
  replicate(): Promise<Postgres & { promote(): Promise<void> }>;
}

const programs = findPostgres(process.env.PATH);
const owner = postgresOwner();

/** The owner of the files of a PostgreSQL that a test starts. */
export const postgresUser = String(owner?.uid ?? process.getuid?.());

/** Like `describe`, for tests that need PostgreSQL; without it they are skipped with a message. */
export const describeWithPostgres = (name: string, tests: () => void): void => {
  if (!programs) process.stderr.write(`skipped, since there is no PostgreSQL here: ${name}\n`);
  describe.runIf(programs !== undefined)(name, tests);
};

const run = (program: string, ...args: string[]) =>
  execFileSync(join(programs ?? "", program), args, { stdio: "pipe", cwd: "/", ...owner });

/** A port below the ephemeral range: nothing else takes it while the server restarts. */
async function freePort(): Promise<number> {
  const port = randomInt(10_000, 30_000);
  const server = createServer().listen(port, "127.0.0.1");
  const isFree = await once(server, "listening").then(
    () => true,
    () => false,
  );
  server.close();
  return isFree ? port : freePort();
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "alma-postgres-"));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

/** The folder of an empty database, created once. */
function template(): string {
  const kept = join(tmpdir(), `alma-postgres-lean-${owner?.uid ?? "own"}`);
  if (existsSync(kept)) return kept;
  const folder = newFolder();
  run("initdb", "-D", folder, "-U", "alma", "-A", "trust", "--no-sync", "--wal-segsize=1");
  // Two thirds of the files, which each server gets a copy of, are template databases.
  const input =
    "UPDATE pg_database SET datistemplate = false;\nDROP DATABASE template0;\nDROP DATABASE template1;\n";
  const alone = ["--single", "-D", folder, "postgres"];
  execFileSync(join(programs ?? "", "postgres"), alone, { input, stdio: "pipe", cwd: "/", ...owner });
  try {
    renameSync(folder, kept);
  } catch {
    // Another test process was first.
    rmSync(folder, { recursive: true });
  }
  return kept;
}

/** Starts a PostgreSQL and stops it at the end of the test. `settings`: `synchronous_commit=off`. */
export async function startPostgres(...settings: string[]): Promise<Postgres> {
  const folder = newFolder();
  execFileSync("cp", ["-a", `${template()}/.`, folder]);
  return open(folder, settings);
}

async function open(folder: string, settings: readonly string[]): Promise<Postgres> {
  const port = await freePort();
  const url = `postgres://alma@127.0.0.1:${port}/postgres`;
  const own = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const flags = [...own, "max_wal_senders=3", "autovacuum=off", ...settings].flatMap((setting) => [
    "-c",
    setting,
  ]);
  let child: ChildProcess;
  const start = async () => {
    const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];
    child = spawn(join(programs ?? "", "postgres"), ["-D", folder, ...flags], {
      stdio,
      cwd: folder,
      ...owner,
    });
    await new Promise<void>((resolve, reject) => {
      let output = "";
      child.stderr?.on("data", (chunk) => {
        output += chunk;
        if (/ready to accept (read-only )?connections/.test(output)) resolve();
      });
      child.once("close", () => reject(new Error(`PostgreSQL ended: ${output}`)));
    });
    child.stderr?.removeAllListeners("data").resume();
  };
  const pids = () => {
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(child.pid)]).toString();
    return [child.pid ?? 0, ...children.split("\n").filter(Boolean).map(Number)];
  };
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids())
      try {
        process.kill(pid, name);
      } catch {}
  };
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const kill = async () => {
    if (!isRunning()) return;
    const closed = new Promise((resolve) => child.once("close", resolve));
    signal("SIGCONT");
    child.kill("SIGQUIT");
    await closed;
  };
  await start();
  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const postgres: Postgres = {
    url,
    port,
    folder,
    async ask(text, values) {
      const client = new pg.Client(url);
      client.on("error", () => {});
      await client.connect();
      try {
        const result = await client.query(
          `${values ? "" : "SET search_path = alma; "}${text}`,
          values as unknown[],
        );
        return ([result].flat().at(-1) as pg.QueryResult).rows;
      } finally {
        await client.end();
      }
    },
    signal,
    kill,
    isRunning,
    start,
    async restart() {
      await kill();
      await start();
    },
    async replicate() {
      const copy = newFolder();
      run(
        "pg_basebackup",
        "-D",
        copy,
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "--no-sync",
        "-d",
        url.replace("/postgres", ""),
      );
      // Otherwise a replica that has lost its origin may detect a promotion only after 5 s.
      const replica = await open(copy, [...settings, "wal_retrieve_retry_interval=100ms"]);
      return {
        ...replica,
        async promote() {
          run("pg_ctl", "-D", copy, "promote", "-w");
        },
      };
    },
  };
  return postgres;
}

/** The gateway's tables, as written by `pg_dump`. */
export const dumpOf = ({ url }: Postgres): string => run("pg_dump", "-n", "alma", "-d", url).toString();

/** Restores a dump. */
export function restoreDump({ url }: Postgres, dump: string): void {
  const input = { input: dump, stdio: ["pipe", "pipe", "pipe"] as ("pipe" | "ignore")[] };
  execFileSync(join(programs ?? "", "psql"), ["-q", "-v", "ON_ERROR_STOP=1", "-d", url], input);
}

/** Replaces the files of a stopped database with another's. */
export function putBack(backup: string, { folder }: Postgres): void {
  rmSync(folder, { recursive: true });
  cpSync(backup, folder, { recursive: true, preserveTimestamps: true });
  execFileSync("chown", ["-R", postgresUser, folder]);
  execFileSync("chmod", ["700", folder]);
}
