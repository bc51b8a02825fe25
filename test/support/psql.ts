import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished } from "vitest";

const root = "/usr/lib/postgresql";
const version = existsSync(root) ? readdirSync(root).sort().at(-1) : undefined;

/** As `describe`, for tests that run `psql` on PostgreSQL; where there is none they are skipped, and say so. */
export const describeWithPsql = (name: string, tests: () => void): void => {
  if (version === undefined) process.stderr.write(`skipped, since there is no PostgreSQL here: ${name}\n`);
  describe.runIf(version !== undefined)(name, tests);
};

/** Whom PostgreSQL runs as where this process is root's, which it refuses to be. */
function owner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^postgres:[^:]*:(\d+):(\d+)/m.exec(readFileSync("/etc/passwd", "utf8"));
  return { uid: Number(line?.[1]), gid: Number(line?.[2]) };
}

/** Starts a PostgreSQL, and ends it when the test has finished. Returns what runs `psql` on it, which gives CSV. */
export function startPsql(): (input: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "psql-"));
  const user = owner();
  if (user) chownSync(folder, user.uid, user.gid);
  const run = (program: string, args: readonly string[], input = "") =>
    execFileSync(join(root, version ?? "", "bin", program), args, {
      input,
      cwd: folder,
      stdio: ["pipe", "pipe", "pipe"],
      ...user,
    }).toString();
  const data = join(folder, "data");
  run("initdb", ["-D", data, "-U", "alma", "-A", "trust", "--no-sync"]);
  const settings = `-c listen_addresses= -c unix_socket_directories=${folder} -c fsync=off`;
  run("pg_ctl", ["-D", data, "-w", "-l", join(folder, "log"), "-o", settings, "start"]);
  onTestFinished(() => {
    run("pg_ctl", ["-D", data, "-m", "immediate", "stop"]);
    rmSync(folder, { recursive: true });
  });
  const flags = [
    "-h",
    folder,
    "-U",
    "alma",
    "-d",
    "postgres",
    "-X",
    "-q",
    "--csv",
    "-t",
    "-v",
    "ON_ERROR_STOP=1",
  ];
  return (input) => run("psql", flags, input);
}
