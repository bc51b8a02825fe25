import { readFileSync } from "node:fs";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";

/** Milliseconds after which the owner shows that it is alive, and after which one of another machine counts as dead. */
const HEARTBEAT = 10_000;
const DEAD_AFTER = 60_000;

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in ticks since the machine was started; undefined where the system does not say. */
  readonly startedAt: string | undefined;
}

const lockOf = (path: string): string => `${path}.lock`;

/**
 * Makes this process the only owner of a file, by a file beside it. The lock of a process that is dead is taken over.
 * Returns a function that gives it up. Throws an Error with a sentence if another process owns the file.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lock = lockOf(path);
  const own = JSON.stringify({ pid: process.pid, host: hostname(), startedAt: startOf(process.pid) });
  for (let attempt = 0; !(await create(lock, own)); attempt++) {
    const found = await readFile(lock, "utf8").catch(() => undefined);
    if (found === undefined) continue;
    if (attempt > 5 || !(await isDead(lock, found, path))) throw new Error(ownedBy(path, found));
    // Of several processes that find a dead owner, one wins: whoever has moved something else puts it back.
    const taken = `${lock}.${process.pid}`;
    await rename(lock, taken).catch(() => {});
    if ((await readFile(taken, "utf8").catch(() => found)) !== found) await rename(taken, lock);
    else await rm(taken, { force: true });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, HEARTBEAT);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    await rm(lock, { force: true });
  };
}

async function create(lock: string, content: string): Promise<boolean> {
  try {
    await writeFile(lock, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function isDead(lock: string, content: string, path: string): Promise<boolean> {
  const owner = parse(content);
  const age = await ageOf(lock, path);
  // One that is being written has no content yet.
  if (!owner) return age > HEARTBEAT;
  if (owner.host !== hostname()) return age > DEAD_AFTER;
  return !isAlive(owner.pid) || startOf(owner.pid) !== owner.startedAt;
}

/** How old a lock is by the clock of the file system, which may be another machine's. */
async function ageOf(lock: string, path: string): Promise<number> {
  const probe = `${path}.${process.pid}.now`;
  await writeFile(probe, "");
  try {
    return (await stat(probe)).mtimeMs - (await stat(lock)).mtimeMs;
  } catch {
    return 0;
  } finally {
    await rm(probe, { force: true });
  }
}

function parse(content: string): Owner | undefined {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The field `starttime` of /proc/pid/stat (proc(5)): a process id is used again, the two together are not. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function ownedBy(path: string, content: string): string {
  const { pid, host } = parse(content) ?? {};
  return (
    `SNAPSHOT_FILE names ${path}, which process ${pid ?? "?"} on ${host ?? "?"} is using: one process owns the file. ` +
    "Stop that process, or give this one a file of its own; let no second process write to the same Alma."
  );
}
