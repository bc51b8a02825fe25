import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { onTestFinished } from "vitest";

/** A new folder for one test, with the path of a store in it. */
export async function storeFolder() {
  const folder = await mkdtemp(join(tmpdir(), "store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { folder, path: join(folder, "known.db"), files: async () => (await readdir(folder)).sort() };
}

/** Limits the size of files, as a full disk does. Returns a function that removes the limit. */
export function fillDisk(bytes: number): () => void {
  const limit = (size: string) => execFileSync("prlimit", ["--pid", `${process.pid}`, `--fsize=${size}`]);
  limit(`${bytes}:unlimited`);
  const free = () => void limit("unlimited:unlimited");
  onTestFinished(free);
  return free;
}

/** Releases files that this process has closed; SQLite keeps their statements until they are garbage-collected. */
export async function letFilesClose(): Promise<void> {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  // Collected statements are finalized in a later turn.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
