import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { onTestFinished } from "vitest";

/** A folder of its own for one test, with the path of a store in it. */
export async function storeFolder() {
  const folder = await mkdtemp(join(tmpdir(), "store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { folder, path: join(folder, "known.db"), files: async () => (await readdir(folder)).sort() };
}

/** Limits how long files may become, as a full disk does. Returns a function that ends that. */
export function fillDisk(bytes: number): () => void {
  const limit = (size: string) => execFileSync("prlimit", ["--pid", `${process.pid}`, `--fsize=${size}`]);
  limit(`${bytes}:unlimited`);
  const free = () => void limit("unlimited:unlimited");
  onTestFinished(free);
  return free;
}

/** Closes files that this process has closed, and whose statements the library of SQLite keeps until they are collected. */
export async function letFilesClose(): Promise<void> {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  // What was collected is finalized in a later turn.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
