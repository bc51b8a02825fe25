import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
