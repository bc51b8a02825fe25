import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * The folder of the peers' packages, below the build output, so that tools do not treat them as project files. A
 * compiled peer gets it as PEERS_FOLDER.
 */
export const installed = new URL(process.env.PEERS_FOLDER ?? "../../../dist/peers/", import.meta.url);

/**
 * Installs the peers' packages from their lock file unless they are installed. Throws if the registry cannot be
 * reached.
 */
export function installPeers(): void {
  try {
    requirePeer("mercurius");
    return;
  } catch {
    // It is not installed yet.
  }
  mkdirSync(installed, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    cpSync(new URL(name, import.meta.url), new URL(name, installed));
  try {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
      cwd: fileURLToPath(installed),
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (cause) {
    const text = "mercurius, which the bench compares with, could not be installed into dist/peers.";
    throw new Error(`${text} Check that npm reaches its registry.`, { cause });
  }
}

/** Imports a module of a peer. Throws if it is not installed. */
export const requirePeer = (name: string): unknown => createRequire(new URL("package.json", installed))(name);
