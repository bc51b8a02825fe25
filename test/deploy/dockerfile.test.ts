import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { startFlags } from "../support/start-flags.ts";

// It builds the project.
vi.setConfig({ testTimeout: 180_000 });

const root = fileURLToPath(new URL("../..", import.meta.url));

type Instruction = readonly [name: string, rest: string];

/** The stages of the Dockerfile, each as its instructions; continued lines are joined. */
function readStages(): Instruction[][] {
  const text = readFileSync(join(root, "deploy/Dockerfile"), "utf8").replaceAll("\\\n", "");
  const stages: Instruction[][] = [];
  for (const line of text.split("\n")) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push([name, rest]);
  }
  return stages;
}

/** The names that the ignore file lets into the build: those after "!", without those excluded again. */
function readContext() {
  const lines = readFileSync(join(root, "deploy/Dockerfile.dockerignore"), "utf8").trim().split("\n");
  const allowed = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const removed = lines.filter((line) => !line.startsWith("!") && line !== "*");
  return { allowed, removed };
}

/** Copies as COPY does: the last name is the target, a folder if it ends in a slash. */
function copy(rest: string, from: string, to: string, isIncluded: (name: string) => boolean): void {
  const names = rest.split(/\s+/).filter((name) => !name.startsWith("--"));
  const target = names.pop() ?? "";
  for (const name of names.map((one) => one.replace(/^\/app\//, ""))) {
    if (!isIncluded(name)) throw new Error(`${name} is copied, but .dockerignore keeps it out of the build.`);
    const place = join(to, target.endsWith("/") ? join(target, name) : target);
    mkdirSync(dirname(place), { recursive: true });
    const { removed } = readContext();
    cpSync(join(from, name), place, {
      recursive: true,
      filter: (source) => from !== root || !removed.includes(source.slice(root.length).replace(/^\//, "")),
    });
  }
}

interface Lock {
  readonly packages: Readonly<Record<string, object>>;
}

/** Installs the locked packages into a folder, as `npm ci` does. */
function installPackages(folder: string): void {
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as Lock;
  const paths = Object.keys(lock.packages).filter((path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path));
  for (const path of [...paths, "node_modules/.bin"]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(root, path), join(folder, path));
  }
}

async function run(command: string, folder: string): Promise<void> {
  if (command === "npm ci") return installPackages(folder);
  const child = spawn("sh", ["-c", command], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk;
    });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} failed: ${output}`);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

test("the steps of the Dockerfile build a gateway that starts, is healthy, and ends at SIGTERM", async () => {
  const folder = mkdtempSync(join(tmpdir(), "alma-gateway-image-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [build = [], final = []] = readStages();
  const [from, to] = [join(folder, "build"), join(folder, "final")];
  const { allowed } = readContext();
  for (const [name, rest] of build) {
    if (name === "COPY") copy(rest, root, from, (path) => allowed.includes(path));
    if (name === "RUN") await run(rest, from);
  }
  for (const [name, rest] of final) if (name === "COPY") copy(rest, from, to, () => true);
  const instructionOf = (wanted: string) => final.find(([name]) => name === wanted)?.[1] ?? "";
  const port = await findFreePort();
  const env = {
    PATH: process.env.PATH ?? "",
    ...Object.fromEntries(
      instructionOf("ENV")
        .split(" ")
        .map((pair) => pair.split("=") as [string, string]),
    ),
    PORT: String(port),
    ALMA_URL: "http://127.0.0.1:1/external_api/",
    ALMA_API_KEY: "k",
    AUTH: "off",
    INTROSPECTION: "on",
    CATALOG: "off",
    DRAIN_DELAY: "0",
  };
  const [command = "", ...args] = JSON.parse(instructionOf("CMD")) as string[];
  expect(args).toEqual([...startFlags, "dist/main.js"]);
  const [probe = "", ...probeArgs] = JSON.parse(/CMD (.*)$/.exec(instructionOf("HEALTHCHECK"))?.[1] ?? "[]");
  const child = spawn(command, args, { cwd: to, env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close");
  let log = "";
  child.stdout.on("data", (chunk) => {
    log += chunk;
  });
  const check = async () => (await once(spawn(probe, probeArgs, { env }), "close"))[0];
  while (!log.includes("the gateway is listening") && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await check()).toBe(0);
  const address = `http://127.0.0.1:${port}`;
  const get = async (path: string, accept = "text/html") => {
    const response = await fetch(address + path, { headers: { accept } });
    return { status: response.status, text: await response.text() };
  };
  // Each page needs files or packages that others do not.
  const [browsed = ""] = (await get("/", "*/*")).text.split("For programs:");
  const listed = [...browsed.matchAll(/^ {2}http:\/\/[^/]+(\/\S*) {2}/gm)].map(([, path = ""]) => path);
  expect(listed).toContain("/schema.graphql");
  const pages = await Promise.all(
    ["/", "/metrics", ...listed].map(async (path) => ({ path, ...(await get(path)) })),
  );
  for (const { path, status } of pages) expect([path, status]).toEqual([path, 200]);
  const assets = new Set(
    pages.flatMap(({ text }) => [...text.matchAll(/="(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path)),
  );
  for (const path of assets) expect([path, (await get(path)).status]).toEqual([path, 200]);
  child.kill("SIGTERM");
  expect((await ended)[0]).toBe(0);
  expect(await check()).toBe(1);
  expect(final).toContainEqual(["USER", "node"]);
  // The documented commands run in the image, which has no sources.
  const npm = async (name: string, ...rest: string[]) => {
    const command = spawn("npm", ["run", "--silent", name, "--", ...rest], {
      cwd: to,
      env: { ...process.env, ...env },
    });
    const texts = await Promise.all([command.stdout, command.stderr].map((stream) => stream.toArray()));
    return texts.flat().join("");
  };
  const file = join(folder, "keys.json");
  expect(await npm("key", "--file", file, "--name", "crm", "--scopes", "read")).toContain("crm");
  expect(readFileSync(file, "utf8")).toContain('"crm"');
  expect(await npm("store")).toContain("npm run store -- check");
});
