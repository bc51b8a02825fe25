import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * Starts PostgreSQL from the programs in a folder, with its data in a temporary folder that is removed when this
 * process ends. Throws an Error if there are no programs or PostgreSQL exits.
 */
export async function startPostgres(programs: string | undefined) {
  if (!programs)
    throw new Error(
      "Several processes share a database of PostgreSQL, and it is not installed here: install version 14 or later " +
        "(`apt install postgresql`, `brew install postgresql`), name a database with `--store postgres://…`, or run the demo as " +
        "one process.",
    );
  const folder = mkdtempSync(join(tmpdir(), "alma-demo-postgres-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const owner = postgresOwner();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const run = (program: string, args: readonly string[]) =>
    spawn(join(programs, program), args, {
      stdio: ["ignore", "ignore", "pipe"],
      // Ctrl+C must reach only the demo, which stops the other processes in order.
      detached: true,
      cwd: folder,
      ...owner,
    });
  const data = join(folder, "data");
  const init = run("initdb", ["-D", data, "-U", "alma", "-A", "trust", "--no-sync"]);
  const [code] = await once(init, "exit");
  if (code !== 0) throw new Error(`initdb has ended with ${code}: ${init.stderr.read()}`);
  const port = await findFreePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const child = run("postgres", ["-D", data, ...settings.flatMap((setting) => ["-c", setting])]);
  let output = "";
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`PostgreSQL has ended: ${output}`)));
    child.stderr.on("data", (chunk) => {
      output += chunk;
      if (output.includes("ready to accept connections")) resolve();
    });
  });
  child.stderr.removeAllListeners("data").resume();
  return { child, url: `postgres://alma@127.0.0.1:${port}/postgres` };
}

/** Where packages install PostgreSQL, in one folder per version. */
const packaged = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"];

/**
 * Returns the folder of PostgreSQL's programs, from PATH or the newest package; undefined if there is none.
 */
export function findPostgres(path: string | undefined, folders = packaged): string | undefined {
  const versions = folders.flatMap((folder) => {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names.filter((name) => /^(postgresql@)?\d+$/.test(name)).map((name) => join(folder, name, "bin"));
  });
  const places = [...versions.sort().reverse(), ...(path ?? "").split(delimiter)];
  return places.find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
}

/**
 * Returns the user to run PostgreSQL as if this process runs as root, which PostgreSQL refuses; otherwise undefined.
 */
export function postgresOwner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [, , uid, gid] =
    users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

async function findFreePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}
